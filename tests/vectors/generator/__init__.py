"""The generator of tests/vectors/own: builds cases, asks Bitcoin Core for its verdict on each, writes both down."""
