/* A disk that fails on demand, to be preloaded: while the file named by FAIL_SYNC or FAIL_META is there, fdatasync or a
   write to the two meta pages at the head of a file answers EIO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(const char *name) {
    const char *path = getenv(name);
    return path && access(path, F_OK) == 0;
}

static ssize_t checked_pwrite(const char *name, int fd, const void *bytes, size_t size, off_t at) {
    if (at < 8192 && size < 4096 && fails("FAIL_META")) {
        errno = EIO;
        return -1;
    }
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, name);
    return real(fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return checked_pwrite("pwrite", fd, bytes, size, at); }

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) {
    return checked_pwrite("pwrite64", fd, bytes, size, at);
}

int fdatasync(int fd) {
    if (fails("FAIL_SYNC")) {
        errno = EIO;
        return -1;
    }
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    return real(fd);
}
