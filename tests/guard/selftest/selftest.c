/* Proves that the audio guard can fail: opens SDL's device as the engine does, with a callback that does one forbidden
 * thing at a time. Prints what the guard should have seen, one name a line.
 * Usage: selftest good | bad [raw]   (good: the same things are done, but beside the callback; raw: system calls that
 * go through no library as well) */
#include <SDL2/SDL.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static void *volatile memory; /* volatile: no call may be left out */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static mtx_t plain;
static sem_t semaphore;
static FILE *null_file;
static int null = -1, epoll = -1;
static const struct timespec instant = {0, 1};
static struct timeval no_time;
static pthread_t thread;
static _Thread_local char own_text[64];

static void *nothing(void *user) { return user; }
static void nothing_once(void) {}

/* A system call that no function of the C library makes. */
static long raw_getppid(void) {
#ifdef __x86_64__
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
  return result;
#else
  return 0;
#endif
}

/* name, what to do */
#define DEEDS(D)                                                                                                       \
  D(malloc, memory = malloc(100))                                                                                      \
  D(realloc, memory = realloc(memory, 1000))                                                                           \
  D(free, free(memory))                                                                                                \
  D(calloc, memory = calloc(3, 5))                                                                                     \
  D(posix_memalign, posix_memalign((void **)&memory, 64, 64))                                                          \
  D(aligned_alloc, memory = aligned_alloc(64, 64))                                                                     \
  D(memalign, memory = memalign(64, 64))                                                                               \
  D(mmap, memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))                                    \
  D(mprotect, mprotect(memory, 4096, PROT_READ | PROT_WRITE))                                                          \
  D(madvise, madvise(memory, 4096, MADV_NORMAL))                                                                       \
  D(munmap, munmap(memory, 4096))                                                                                      \
  D(sbrk, memory = sbrk(0))                                                                                            \
  D(pthread_mutex_lock, pthread_mutex_lock(&mutex))                                                                    \
  D(pthread_cond_timedwait, pthread_cond_timedwait(&change, &mutex, &instant))                                         \
  D(pthread_mutex_unlock, pthread_mutex_unlock(&mutex))                                                                \
  D(pthread_mutex_trylock, pthread_mutex_trylock(&mutex) || pthread_mutex_unlock(&mutex))                              \
  D(pthread_cond_signal, pthread_cond_signal(&change))                                                                 \
  D(pthread_cond_broadcast, pthread_cond_broadcast(&change))                                                           \
  D(pthread_rwlock_rdlock, pthread_rwlock_rdlock(&rwlock))                                                             \
  D(pthread_rwlock_unlock, pthread_rwlock_unlock(&rwlock))                                                             \
  D(pthread_rwlock_wrlock, pthread_rwlock_wrlock(&rwlock) || pthread_rwlock_unlock(&rwlock))                           \
  D(pthread_once, pthread_once(&once, nothing_once))                                                                   \
  D(mtx_lock, mtx_lock(&plain))                                                                                        \
  D(mtx_unlock, mtx_unlock(&plain))                                                                                    \
  D(sem_post, sem_post(&semaphore))                                                                                    \
  D(sem_wait, sem_wait(&semaphore))                                                                                    \
  D(sem_trywait, sem_trywait(&semaphore))                                                                              \
  D(sem_timedwait, sem_timedwait(&semaphore, &instant))                                                                \
  D(pthread_create, pthread_create(&thread, NULL, nothing, NULL))                                                      \
  D(pthread_join, pthread_join(thread, NULL))                                                                          \
  D(nanosleep, nanosleep(&instant, NULL))                                                                              \
  D(clock_nanosleep, clock_nanosleep(CLOCK_MONOTONIC, 0, &instant, NULL))                                              \
  D(usleep, usleep(1))                                                                                                 \
  D(sleep, sleep(0))                                                                                                   \
  D(sched_yield, sched_yield())                                                                                        \
  D(poll, poll(NULL, 0, 0))                                                                                            \
  D(select, select(0, NULL, NULL, NULL, &no_time))                                                                     \
  D(epoll_wait, epoll_wait(epoll, &(struct epoll_event){0}, 1, 0))                                                     \
  D(open, null = open("/dev/null", O_RDWR))                                                                            \
  D(write, write(null, "x", 1))                                                                                        \
  D(read, read(null, memory, 0))                                                                                       \
  D(lseek, lseek(null, 0, SEEK_SET))                                                                                   \
  D(fcntl, fcntl(null, F_GETFL))                                                                                       \
  D(close, close(null))                                                                                                \
  D(fopen, null_file = fopen("/dev/null", "w"))                                                                        \
  D(fwrite, fwrite("words", 2, 2, null_file))                                                                          \
  D(fprintf, fprintf(null_file, "%d", 5))                                                                              \
  D(fputs, fputs("words", null_file))                                                                                  \
  D(fputc, fputc('x', null_file))                                                                                      \
  D(fflush, fflush(null_file))                                                                                         \
  D(fclose, fclose(null_file))                                                                                         \
  D(printf, printf("%s", "\n"))                                                                                        \
  D(puts, puts(""))                                                                                                    \
  D(dlopen, memory = dlopen(NULL, RTLD_NOW))                                                                           \
  D(dlsym, dlsym(memory, "malloc"))                                                                                    \
  D(dlclose, dlclose(memory))                                                                                          \
  D(syscall, syscall(SYS_getpid))

typedef struct deed {
  const char *name;
  void (*run)(void);
} deed;

#pragma GCC diagnostic ignored "-Wunused-value"
#pragma GCC diagnostic ignored "-Wunused-result"
#define FUNCTION(name, expression)                                                                                     \
  static void do_##name(void) { (void)(expression); }
DEEDS(FUNCTION)
static void do_raw_getppid(void) { raw_getppid(); }

static const deed deeds[] = {
#define ENTRY(name, expression) {#name, do_##name},
    DEEDS(ENTRY)};
#define DEED_COUNT (int)(sizeof deeds / sizeof *deeds)

/* ---- The device ------------------------------------------------------------------------------------------------- */

static bool bad, raw;
static atomic_int callbacks;

/* All that a callback may do: compute, use its own stack, read the clock. */
static void compute(float *out, int count) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  for (int i = 0; i < count; i++) out[i] = (float)(now.tv_nsec % 3) * 1e-9f;
  snprintf(out[0] > 1 ? own_text : (char[64]){0}, 64, "%d", count);
}

static void SDLCALL callback(void *user, Uint8 *bytes, int size) {
  int n = atomic_load(&callbacks);
  memset(bytes, 0, (size_t)size);
  compute(user ? (float *)(void *)bytes : NULL, size / (int)sizeof(float));
  if (bad && n < DEED_COUNT) deeds[n].run();
  if (bad && raw && n == DEED_COUNT) do_raw_getppid();
  atomic_store(&callbacks, n + 1);
}

static void *find(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (found) return found;
  fprintf(stderr, "selftest: SDL has no %s\n", name);
  exit(1);
}

int main(int count, char **arguments) {
  bad = count > 1 && strcmp(arguments[1], "bad") == 0;
  raw = count > 2 && strcmp(arguments[2], "raw") == 0;
  sem_init(&semaphore, 0, 1);
  mtx_init(&plain, mtx_plain);
  epoll = epoll_create1(0);
  void *library = dlopen("libSDL2-2.0.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (!library) return fprintf(stderr, "selftest: no SDL\n"), 1;
  int (*init)(Uint32);
  SDL_AudioDeviceID (*open_device)(const char *, int, const SDL_AudioSpec *, SDL_AudioSpec *, int);
  void (*pause)(SDL_AudioDeviceID, int);
  void (*close_device)(SDL_AudioDeviceID);
  *(void **)&init = find(library, "SDL_InitSubSystem");
  *(void **)&open_device = find(library, "SDL_OpenAudioDevice");
  *(void **)&pause = find(library, "SDL_PauseAudioDevice");
  *(void **)&close_device = find(library, "SDL_CloseAudioDevice");
  SDL_AudioSpec wanted = {.freq = 48000, .format = AUDIO_F32SYS, .channels = 2, .samples = 64, .callback = callback};
  SDL_AudioSpec got;
  wanted.userdata = &wanted;
  SDL_AudioDeviceID id = init(SDL_INIT_AUDIO) == 0 ? open_device(NULL, 0, &wanted, &got, 0) : 0;
  if (!id) return fprintf(stderr, "selftest: no device\n"), 1;
  if (got.callback != callback || got.userdata != &wanted) return fprintf(stderr, "selftest: the guard shows\n"), 1;
  pause(id, 0);
  if (!bad)
    for (int d = 0; d < DEED_COUNT; d++) deeds[d].run();
  while (atomic_load(&callbacks) < DEED_COUNT + 10) usleep(1000);
  close_device(id);
  for (int d = 0; bad && d < DEED_COUNT; d++) printf("expect %s\n", deeds[d].name);
  if (bad && raw) printf("expect system call %ld\n", (long)SYS_getppid);
  return 0;
}
