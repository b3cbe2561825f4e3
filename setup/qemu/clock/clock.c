// A clock for a machine whose time nobody measures: it goes on by a millisecond whenever it is read. A loop that waits
// reads it all the time, so waiting takes no time at all, and every run is the same.

#include "py/mphal.h"

static mp_uint_t now_ms;

mp_uint_t mp_hal_ticks_ms(void) {
    return now_ms++;
}

mp_uint_t mp_hal_ticks_us(void) {
    return mp_hal_ticks_ms() * 1000;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return mp_hal_ticks_us();
}

void mp_hal_delay_ms(mp_uint_t ms) {
    now_ms += ms;
}

void mp_hal_delay_us(mp_uint_t us) {
    now_ms += us / 1000;
}

uint64_t mp_hal_time_ns(void) {
    return (uint64_t)mp_hal_ticks_ms() * 1000000;
}
