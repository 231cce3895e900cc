#include "base/mysofa.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define LIBRARY "libmysofa.so.1"
#define PACKAGE "libmysofa1"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static peri__mysofa loaded;
static char problem[256]; /* empty: `loaded` is complete */
static _Atomic(const peri__mysofa *) replaced;

bool peri__mysofa_find(const char *name, peri__mysofa *functions) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    return peri__fail("HRTF needs libmysofa; install Debian's package " PACKAGE " (%s)", reason ? reason : name);
  }
  *(void **)&functions->open = dlsym(library, "mysofa_open");
  *(void **)&functions->getfilter_float = dlsym(library, "mysofa_getfilter_float");
  *(void **)&functions->close = dlsym(library, "mysofa_close");
  if (functions->open && functions->getfilter_float && functions->close) return true;
  return peri__fail("HRTF needs libmysofa, and %s lacks its functions; install Debian's package " PACKAGE, name);
}

static void load(void) {
  if (!peri__mysofa_find(LIBRARY, &loaded)) snprintf(problem, sizeof problem, "%s", peri_error());
}

const peri__mysofa *peri__mysofa_functions(void) {
  const peri__mysofa *own = atomic_load(&replaced);
  if (own) return own;
  pthread_once(&once, load);
  if (!problem[0]) return &loaded;
  peri__fail("%s", problem);
  return NULL;
}

void peri__mysofa_replace(const peri__mysofa *functions) { atomic_store(&replaced, functions); }
