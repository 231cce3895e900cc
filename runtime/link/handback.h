/* What the audio thread is done with goes back to control on intrusive lists: no capacity can lose one, and neither
 * side waits. The audio thread gathers on a private list and offers it once a quantum; what control has not taken by
 * then, it takes back and offers again with the rest. */
#ifndef PERI_HANDBACK_H
#define PERI_HANDBACK_H

#include "base/base.h"

typedef struct peri__link {
  struct peri__link *next;
} peri__link;

typedef struct peri__handback {
  peri__link *first, *last;      /* audio thread */
  peri__link *offered_last;      /* audio thread: the end of what it offered */
  _Atomic(peri__link *) offered; /* audio thread puts, control takes */
} peri__handback;

/* AUDIO THREAD. The object is control's from the next flush on. */
static inline void peri__handback_add(peri__handback *list, peri__link *link) {
  link->next = NULL;
  if (list->first)
    list->last->next = link;
  else
    list->first = link;
  list->last = link;
}

/* AUDIO THREAD, once a quantum. */
static inline void peri__handback_flush(peri__handback *list) {
  if (!list->first) return;
  peri__link *untaken = atomic_exchange_explicit(&list->offered, NULL, memory_order_acquire);
  if (untaken) list->offered_last->next = list->first;
  list->offered_last = list->last;
  atomic_store_explicit(&list->offered, untaken ? untaken : list->first, memory_order_release);
  list->first = NULL;
}

/* CONTROL. All that was offered, oldest first, or NULL. */
static inline peri__link *peri__handback_take(peri__handback *list) {
  if (!atomic_load_explicit(&list->offered, memory_order_relaxed)) return NULL;
  return atomic_exchange_explicit(&list->offered, NULL, memory_order_acquire);
}

#endif
