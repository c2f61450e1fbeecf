/* Fixed-width integers in memory, little-endian and big-endian, at any alignment. Any thread. */
#ifndef YC_BASE_BYTES_H
#define YC_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t yc_get16le(const uint8_t *p)
{
    return (uint16_t)(p[0] | (uint16_t)(p[1] << 8));
}

static inline uint32_t yc_get32le(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t yc_get64le(const uint8_t *p)
{
    return (uint64_t)yc_get32le(p) | (uint64_t)yc_get32le(p + 4) << 32;
}

static inline uint16_t yc_get16be(const uint8_t *p)
{
    return (uint16_t)(p[1] | (uint16_t)(p[0] << 8));
}

static inline uint32_t yc_get32be(const uint8_t *p)
{
    return (uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
}

static inline uint64_t yc_get64be(const uint8_t *p)
{
    return (uint64_t)yc_get32be(p + 4) | (uint64_t)yc_get32be(p) << 32;
}

static inline void yc_put16le(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void yc_put32le(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static inline void yc_put64le(uint8_t *p, uint64_t v)
{
    yc_put32le(p, (uint32_t)v);
    yc_put32le(p + 4, (uint32_t)(v >> 32));
}

static inline void yc_put16be(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void yc_put32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void yc_put64be(uint8_t *p, uint64_t v)
{
    yc_put32be(p, (uint32_t)(v >> 32));
    yc_put32be(p + 4, (uint32_t)v);
}

#endif
