/* Widens a row of four channels: see td_depthwise_dsp.h. */
        .syntax unified
        .thumb

#define INPUT r0
#define PLANE0 r1 /* where each channel's next word goes */
#define COLUMN r2 /* bytes to the next column */
#define COUNT r3
#define LEFT r4 /* column: four channels */
#define RIGHT r5
#define CHANNEL0 r8
#define CHANNEL1 r6
#define CHANNEL2 r9
#define CHANNEL3 r7
#define PLANE1 r10
#define PLANE2 r11
#define PLANE3 r12
#define PACK lr

#define PACK_COLUMN 0
#define PACK_PLANE 4
#define PACK_IS_PADDED 8
#define PACK_BLOCK_WORDS 12
#define PACK_LAST_WORDS 16
#define PACK_IS_ODD 20
#define PACK_ZERO_POINTS 24

/* A block's last word is the next one's first, too. This is how far apart they are. */
#define NEXT_BLOCK (12 * (TD_STEP + 1) - 4 * TD_STEP)

.macro td_load
        ldr LEFT, [INPUT]
        ldr RIGHT, [INPUT, COLUMN]
        add INPUT, INPUT, COLUMN, lsl #1
.endm

.macro td_split
        pkhbt r6, LEFT, RIGHT, lsl #16
        pkhtb r7, RIGHT, LEFT, asr #16
        sxtb16 CHANNEL0, r6
        sxtb16 CHANNEL1, r6, ror #8
        sxtb16 CHANNEL2, r7
        sxtb16 CHANNEL3, r7, ror #8
.endm

.macro td_store step
        str CHANNEL0, [PLANE0], #\step
        str CHANNEL1, [PLANE1], #\step
        str CHANNEL2, [PLANE2], #\step
        str CHANNEL3, [PLANE3], #\step
.endm

        .section .text.TD_FUNCTION, "ax", %progbits
        .global TD_FUNCTION
        .type TD_FUNCTION, %function
        .thumb_func
        .balign 4
TD_FUNCTION:
        push {r4-r11, lr}
        mov PACK, r2
        ldrd COLUMN, COUNT, [PACK, #PACK_COLUMN]
        add PLANE1, PLANE0, COUNT
        add PLANE2, PLANE1, COUNT
        add PLANE3, PLANE2, COUNT
        ldrd r6, COUNT, [PACK, #PACK_IS_PADDED]
        cbnz r6, .Lpadded
        td_load
        b .Lfirst
.Lpadded:
        ldr LEFT, [PACK, #PACK_ZERO_POINTS]
        ldr RIGHT, [INPUT]
        add INPUT, INPUT, COLUMN
.Lfirst:
        td_split
        td_store 4
        cmp COUNT, #0
        beq .Llast
.Lblocks:
        .rept TD_STEP - 1
        td_load
        td_split
        td_store 4
        .endr
        td_load
        td_split
        td_store NEXT_BLOCK
        td_store 4
        subs COUNT, COUNT, #TD_STEP
        bne .Lblocks
.Llast:
        ldr COUNT, [PACK, #PACK_LAST_WORDS]
        cmp COUNT, #0
        beq .Lodd
.Lwords:
        td_load
        td_split
        td_store 4
        subs COUNT, COUNT, #1
        bne .Lwords
.Lodd:
        ldrd r6, RIGHT, [PACK, #PACK_IS_ODD]
        cbz r6, .Ldone
        ldr LEFT, [INPUT]
        td_split
        td_store 4
.Ldone:
        pop {r4-r11, pc}
        .size TD_FUNCTION, . - TD_FUNCTION
