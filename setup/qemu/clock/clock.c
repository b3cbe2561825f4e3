// A clock for a machine that has none in MicroPython: the emulator's own, which counts hundredths of a second
// (Arm's "Semihosting for AArch32 and AArch64", SYS_CLOCK).

#include "py/mphal.h"

#define SYS_CLOCK 0x10

mp_uint_t mp_hal_ticks_ms(void) {
    register uint32_t operation __asm__ ("r0") = SYS_CLOCK;
    register uint32_t argument __asm__ ("r1") = 0;
    __asm__ volatile ("bkpt 0xab" : "+r" (operation) : "r" (argument) : "memory");
    return operation * 10;
}

mp_uint_t mp_hal_ticks_us(void) {
    return mp_hal_ticks_ms() * 1000;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return mp_hal_ticks_us();
}

uint64_t mp_hal_time_ns(void) {
    return (uint64_t)mp_hal_ticks_ms() * 1000000;
}

void mp_hal_delay_ms(mp_uint_t ms) {
    mp_uint_t start = mp_hal_ticks_ms();
    while (mp_hal_ticks_ms() - start < ms) {
    }
}

void mp_hal_delay_us(mp_uint_t us) {
    mp_hal_delay_ms((us + 999) / 1000);
}
