/* The loader threads: a queue of jobs, and one chore that is repeated (watching the device). */
#ifndef PERI_LOADER_H
#define PERI_LOADER_H

#include "base/base.h"

typedef struct peri__loader peri__loader;

/* A job is intrusive: whoever adds it owns the memory. `run` is called once on a loader thread; it may free the job. */
typedef struct peri__job {
  struct peri__job *next;
  void (*run)(struct peri__job *job);
} peri__job;

/* Starts `threads` loader threads; NULL sets peri_error(). */
peri__loader *peri__loader_create(uint32_t threads);
/* Runs the jobs that wait, joins the threads. NULL is ignored. */
void peri__loader_destroy(peri__loader *loader);
void peri__loader_add(peri__loader *loader, peri__job *job); /* first in, first out */

/* `chore` is called every `seconds` by a loader thread, or a thread of the loader's own, so that a long decode does not
 * hold it up. NULL ends it; returns when it is not running any more. */
bool peri__loader_set_chore(peri__loader *loader, void (*chore)(void *user), void *user, double seconds);

#endif
