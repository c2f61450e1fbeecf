# Completion for ycoin-cli: the options that its help lists, and the methods of the node that runs.
_ycoin_cli() {
    local word=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]} options=() w
    for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $w in
        -regtest | -test | -chain=* | -chainfile=* | -datadir=* | -conf=* | -rpc*=*) options+=("$w") ;;
        -*) ;;
        help) ;;
        *) return ;; # the method is there: its arguments are not known here
        esac
    done
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$program" -help 2>/dev/null | sed -n 's/^  \(-[a-z-]*=\{0,1\}\).*/\1/p')" -- "$word")
        [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
    else
        mapfile -t COMPREPLY < <(compgen -W "$("$program" "${options[@]}" help 2>/dev/null | sed -n 's/^\([a-z]*\).*/\1/p')" -- "$word")
    fi
}
complete -F _ycoin_cli ycoin-cli
