/* The audio guard, preloaded into a process (LD_PRELOAD), sees what an audio callback calls that it must not.
 *
 * It stands before the C library's functions that allocate, free, lock, wait, do I/O or load code (calls.h), and before
 * SDL_OpenAudioDevice, whose callback it wraps (sdl.c). Where the kernel can (x86-64, Linux 5.11), every system call
 * inside a callback is seen as well, whoever makes it (traps.c). What was seen is reported when the process ends.
 *
 * Environment: AUDIO_GUARD_REPORT names a file to which the report is appended, instead of going to standard error;
 * with AUDIO_GUARD_FATAL set the process ends with status 86 after violations. */
#ifndef AUDIO_GUARD_H
#define AUDIO_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))
#define THREAD_LOCAL __attribute__((tls_model("initial-exec"))) _Thread_local /* never allocated at its first use */

/* Between these the calling thread is in an audio callback. They nest. */
EXPORT void audio_guard_enter(void);
EXPORT void audio_guard_leave(void);

/* A callback of the real SDL was passed on, with so many frames. */
void guard_count_callback(unsigned frames);

/* A function was called from `caller`: a violation if this thread is in a callback. */
void guard_note(const char *name, const void *caller);

/* Calls from the object in which `address` lies are counted from now on, in a callback or not: they show that the
 * guard really stands before that object's calls. */
void guard_follow(const void *address);
bool guard_follows(const void *caller);

/* The C library's function; never NULL. */
void *guard_real(const char *name);

/* What dlsym answers instead of the library's own function; NULL: nothing else. */
void *guard_wrap_symbol(void *library, const char *name, void *(*find)(void *, const char *));

void guard_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void guard_print_calls(void);

/* From now on system calls of this thread are trapped (where the kernel can), or pass. */
void guard_trap_system_calls(bool trap);
bool guard_can_trap(void);

#endif
