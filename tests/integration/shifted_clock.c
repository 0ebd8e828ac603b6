/* The wall clock, CLOCK_SHIFT_SECONDS ahead, for a program under LD_PRELOAD: days and weeks that pass
 * in a test. It asks the kernel itself, so it gets on with sanitizers, whose own clock_gettime comes
 * here. Every other clock is as it was. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long shift_seconds;

__attribute__((constructor)) static void read_shift(void) {
    const char* const given = getenv("CLOCK_SHIFT_SECONDS");
    shift_seconds = given == NULL ? 0 : strtol(given, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec* time) {
    const long result = syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += shift_seconds;
    return (int)result;
}
