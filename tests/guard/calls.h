/* The functions that no audio callback may call: F(type, name, parameters, arguments), and V for those of variable
 * arguments, which calls.c writes out. What only computes (snprintf, clock_gettime) is not here. */
#ifndef AUDIO_GUARD_CALLS_H
#define AUDIO_GUARD_CALLS_H

#define ALLOCATING(F)                                                                                                  \
  F(void *, malloc, (size_t size), (size))                                                                             \
  F(void *, calloc, (size_t count, size_t size), (count, size))                                                        \
  F(void *, realloc, (void *old, size_t size), (old, size))                                                            \
  F(void, free, (void *old), (old))                                                                                    \
  F(int, posix_memalign, (void **memory, size_t alignment, size_t size), (memory, alignment, size))                    \
  F(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))                                         \
  F(void *, memalign, (size_t alignment, size_t size), (alignment, size))                                              \
  F(void *, mmap, (void *at, size_t size, int protection, int flags, int file, off_t offset),                          \
    (at, size, protection, flags, file, offset))                                                                       \
  F(int, munmap, (void *at, size_t size), (at, size))                                                                  \
  F(int, mprotect, (void *at, size_t size, int protection), (at, size, protection))                                    \
  F(int, madvise, (void *at, size_t size, int advice), (at, size, advice))                                             \
  F(int, brk, (void *end), (end))                                                                                      \
  F(void *, sbrk, (intptr_t bytes), (bytes))

#define LOCKING(F)                                                                                                     \
  F(int, pthread_mutex_lock, (pthread_mutex_t * lock), (lock))                                                         \
  F(int, pthread_mutex_trylock, (pthread_mutex_t * lock), (lock))                                                      \
  F(int, pthread_mutex_timedlock, (pthread_mutex_t * lock, const struct timespec *until), (lock, until))               \
  F(int, pthread_mutex_unlock, (pthread_mutex_t * lock), (lock))                                                       \
  F(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))                                                     \
  F(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))                                                     \
  F(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * lock), (lock))                                                  \
  F(int, pthread_rwlock_trywrlock, (pthread_rwlock_t * lock), (lock))                                                  \
  F(int, pthread_rwlock_unlock, (pthread_rwlock_t * lock), (lock))                                                     \
  F(int, pthread_spin_lock, (pthread_spinlock_t * lock), (lock))                                                       \
  F(int, pthread_cond_wait, (pthread_cond_t * change, pthread_mutex_t * lock), (change, lock))                         \
  F(int, pthread_cond_timedwait, (pthread_cond_t * change, pthread_mutex_t * lock, const struct timespec *until),      \
    (change, lock, until))                                                                                             \
  F(int, pthread_cond_signal, (pthread_cond_t * change), (change))                                                     \
  F(int, pthread_cond_broadcast, (pthread_cond_t * change), (change))                                                  \
  F(int, pthread_barrier_wait, (pthread_barrier_t * barrier), (barrier))                                               \
  F(int, pthread_once, (pthread_once_t * once, void (*run)(void)), (once, run))                                        \
  F(int, pthread_create, (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user),     \
    (thread, attributes, run, user))                                                                                   \
  F(int, pthread_join, (pthread_t thread, void **result), (thread, result))                                            \
  F(int, pthread_detach, (pthread_t thread), (thread))                                                                 \
  F(int, sem_wait, (sem_t * semaphore), (semaphore))                                                                   \
  F(int, sem_trywait, (sem_t * semaphore), (semaphore))                                                                \
  F(int, sem_timedwait, (sem_t * semaphore, const struct timespec *until), (semaphore, until))                         \
  F(int, sem_post, (sem_t * semaphore), (semaphore))                                                                   \
  F(int, mtx_lock, (mtx_t * lock), (lock))                                                                             \
  F(int, mtx_unlock, (mtx_t * lock), (lock))                                                                           \
  F(int, cnd_wait, (cnd_t * change, mtx_t * lock), (change, lock))                                                     \
  F(void, flockfile, (FILE * file), (file))

#define WAITING(F)                                                                                                     \
  F(int, nanosleep, (const struct timespec *time, struct timespec *left), (time, left))                                \
  F(int, clock_nanosleep, (clockid_t clock, int flags, const struct timespec *time, struct timespec *left),            \
    (clock, flags, time, left))                                                                                        \
  F(int, usleep, (useconds_t time), (time))                                                                            \
  F(unsigned, sleep, (unsigned seconds), (seconds))                                                                    \
  F(int, sched_yield, (void), ())                                                                                      \
  F(int, pause, (void), ())                                                                                            \
  F(int, poll, (struct pollfd * files, nfds_t count, int timeout), (files, count, timeout))                            \
  F(int, ppoll, (struct pollfd * files, nfds_t count, const struct timespec *timeout, const sigset_t *mask),           \
    (files, count, timeout, mask))                                                                                     \
  F(int, select, (int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *timeout),                         \
    (count, in, out, other, timeout))                                                                                  \
  F(int, epoll_wait, (int epoll, struct epoll_event *events, int count, int timeout), (epoll, events, count, timeout))

#define READING_AND_WRITING(F)                                                                                         \
  F(ssize_t, read, (int file, void *bytes, size_t size), (file, bytes, size))                                          \
  F(ssize_t, pread, (int file, void *bytes, size_t size, off_t offset), (file, bytes, size, offset))                   \
  F(ssize_t, readv, (int file, const struct iovec *parts, int count), (file, parts, count))                            \
  F(ssize_t, write, (int file, const void *bytes, size_t size), (file, bytes, size))                                   \
  F(ssize_t, pwrite, (int file, const void *bytes, size_t size, off_t offset), (file, bytes, size, offset))            \
  F(ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count))                           \
  F(off_t, lseek, (int file, off_t offset, int from), (file, offset, from))                                            \
  F(int, fsync, (int file), (file))                                                                                    \
  F(int, close, (int file), (file))                                                                                    \
  F(FILE *, fopen, (const char *path, const char *mode), (path, mode))                                                 \
  F(FILE *, fdopen, (int file, const char *mode), (file, mode))                                                        \
  F(int, fclose, (FILE * file), (file))                                                                                \
  F(size_t, fread, (void *bytes, size_t size, size_t count, FILE *file), (bytes, size, count, file))                   \
  F(size_t, fwrite, (const void *bytes, size_t size, size_t count, FILE *file), (bytes, size, count, file))            \
  F(char *, fgets, (char *text, int size, FILE *file), (text, size, file))                                             \
  F(int, fgetc, (FILE * file), (file))                                                                                 \
  F(int, fputs, (const char *text, FILE *file), (text, file))                                                          \
  F(int, fputc, (int c, FILE *file), (c, file))                                                                        \
  F(int, puts, (const char *text), (text))                                                                             \
  F(int, putchar, (int c), (c))                                                                                        \
  F(int, fflush, (FILE * file), (file))                                                                                \
  F(int, fseek, (FILE * file, long offset, int from), (file, offset, from))                                            \
  F(int, vprintf, (const char *format, va_list values), (format, values))                                              \
  F(int, vfprintf, (FILE * file, const char *format, va_list values), (file, format, values))                          \
  F(int, vdprintf, (int file, const char *format, va_list values), (file, format, values))                             \
  F(void, perror, (const char *text), (text))                                                                          \
  F(void, vsyslog, (int level, const char *format, va_list values), (level, format, values))                           \
  F(ssize_t, send, (int socket, const void *bytes, size_t size, int flags), (socket, bytes, size, flags))              \
  F(ssize_t, recv, (int socket, void *bytes, size_t size, int flags), (socket, bytes, size, flags))

#define LOADING(F)                                                                                                     \
  F(void *, dlopen, (const char *path, int mode), (path, mode))                                                        \
  F(int, dlclose, (void *library), (library))

#define FIXED(F) ALLOCATING(F) LOCKING(F) WAITING(F) READING_AND_WRITING(F) LOADING(F)
#define VARIABLE(V) V(open) V(openat) V(ioctl) V(fcntl) V(syscall) V(printf) V(fprintf) V(dprintf) V(syslog) V(dlsym)

#endif
