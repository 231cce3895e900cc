#include "base/sdl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define LIBRARY "libSDL2-2.0.so.0"
#define PACKAGE "libsdl2-2.0-0"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static peri__sdl loaded;
static char problem[256]; /* empty: `loaded` is complete */
static _Atomic(const peri__sdl *) replaced;

/* The library stays loaded for good: SDL's threads may outlive any engine. Its own symbols come first (DEEPBIND), as
 * the process may carry another SDL; sanitizers refuse that. */
static void load(void) {
  int mode = RTLD_NOW | RTLD_LOCAL;
#ifndef PERI_SANITIZE
  mode |= RTLD_DEEPBIND;
#endif
  void *library = dlopen(LIBRARY, mode);
  if (!library) {
    const char *reason = dlerror();
    snprintf(problem, sizeof problem, "SDL2 is needed here; install Debian's package " PACKAGE " (%s)",
             reason ? reason : LIBRARY " is not there");
    return;
  }
  const char *missing = NULL;
#define FIND(type, name, arguments)                                                                                    \
  *(void **)&loaded.name = dlsym(library, "SDL_" #name);                                                               \
  if (!loaded.name && !missing) missing = "SDL_" #name;
  PERI_SDL_FUNCTIONS(FIND)
#undef FIND
  if (missing) snprintf(problem, sizeof problem, LIBRARY " has no %s; install Debian's package " PACKAGE, missing);
}

const peri__sdl *peri__sdl_functions(void) {
  const peri__sdl *own = atomic_load(&replaced);
  if (own) return own;
  pthread_once(&once, load);
  if (!problem[0]) return &loaded;
  peri__fail("%s", problem);
  return NULL;
}

void peri__sdl_replace(const peri__sdl *functions) { atomic_store(&replaced, functions); }
