/*
 * Decimal digits of the scripts of the world: Unicode has them in families of ten in a
 * row (general category Nd, basic plane), each known by its zero.
 */
#ifndef PICTURE_DIGIT_FAMILY_H
#define PICTURE_DIGIT_FAMILY_H

#include <stdint.h>

/* The zero of the family that c belongs to, or 0. */
static inline uint32_t digit_family_of(uint32_t c)
{
    static const uint16_t zeros[] = {
        0x30,   0x660,  0x6f0,  0x7c0,  0x966,  0x9e6,  0xa66,  0xae6,  0xb66,  0xbe6,
        0xc66,  0xce6,  0xd66,  0xde6,  0xe50,  0xed0,  0xf20,  0x1040, 0x1090, 0x17e0,
        0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
        0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10};
    for (unsigned i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
        if (c >= zeros[i] && c < zeros[i] + 10u)
            return zeros[i];
    return 0;
}

#endif
