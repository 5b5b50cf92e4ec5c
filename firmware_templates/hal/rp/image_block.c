/* What an RP2350's ROM looks for in the first 4 KiB of flash: a loop of one block that says that
 * this is a program for the Arm cores in the secure state, whose vectors come first. RP2350
 * datasheet, 5.9.5. */
#include <stdint.h>

__attribute__((section(".boot_block"), used)) static const uint32_t image_block[5] = {
    0xFFFFDED3u, /* start */
    0x10210142u, /* item IMAGE_TYPE, 1 word: executable, secure, Arm, RP2350 */
    0x000001FFu, /* last item, 1 word before */
    0u,          /* the next block is this one */
    0xAB123579u, /* end */
};
