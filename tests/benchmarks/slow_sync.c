/* Preloaded into a PostgreSQL server: each write that waits for the disk waits SLOW_SYNC_US microseconds longer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int later(const char *name, int file)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    const char *microseconds = getenv("SLOW_SYNC_US");
    if (microseconds)
        usleep((useconds_t)atoi(microseconds));
    return real(file);
}

int fsync(int file) { return later("fsync", file); }

int fdatasync(int file) { return later("fdatasync", file); }
