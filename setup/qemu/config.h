// What henge's agent needs of MicroPython and ports/qemu leaves out: asyncio, the clock and select under it, and the
// cipher, which is mbedTLS's as on boards.

#include "ports/qemu/mpconfigport.h"

#undef MICROPY_PY_TIME
#undef MICROPY_PY_SELECT
#undef MICROPY_PY_ASYNCIO
#define MICROPY_PY_TIME (1)
#define MICROPY_PY_SELECT (1)
#define MICROPY_PY_ASYNCIO (1)
#define MICROPY_PY_CRYPTOLIB (1)
#define MICROPY_SSL_MBEDTLS (1)
