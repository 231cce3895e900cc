/* Commands from control to the audio thread: one list of records, and the chunks in which they travel.
 *
 * Control fills chunks that it allocates; the audio thread reads what is committed and hands finished chunks back.
 * No chunk is ever full for good and none waits for another call. One atomic store commits a whole batch. */
#ifndef PERI_COMMANDS_H
#define PERI_COMMANDS_H

#include "base/base.h"
#include "link/handback.h"

struct peri__plan;
struct peri__voice;
struct peri__voice_list;
struct peri__input;
struct peri__param;
struct peri__event;
struct peri__storage;
struct peri__successor;
struct peri__node;
struct peri__part;

#define PERI_SENT_COEFS 5 /* of a filter */

/* Where a plan waits. NULL: a later one took its place, or it was taken. */
typedef _Atomic(struct peri__plan *) peri__plan_place;
typedef _Atomic(struct peri__successor *) peri__successor_place; /* likewise */

/* name, fields of the record. A new command is one line here and one case in render/apply.c. */
#define PERI_COMMANDS(COMMAND)                                                                                         \
  COMMAND(PLAN, peri__plan_place plan;)                                                                                \
  COMMAND(SOURCE_MOVE, struct peri__voice *voice; struct peri__input * from, *to;)                                     \
  COMMAND(SOURCE_DETAILS, struct peri__voice *voice; bool watched;)                                                    \
  COMMAND(VOICE_LIST, struct peri__input *input; struct peri__voice_list * list;)                                      \
  COMMAND(SOURCE_START, struct peri__voice *voice; struct peri__input * input;)                                        \
  COMMAND(SOURCE_STOP, struct peri__voice *voice; int64_t frame;)                                                      \
  COMMAND(SOURCE_FADE_OUT, struct peri__voice *voice; int64_t frame; uint32_t frames;)                                 \
  COMMAND(SOURCE_GAINS, struct peri__voice *voice; float gain[4]; uint32_t frames; bool keep_ramp;)                    \
  COMMAND(SOURCE_STEP, struct peri__voice *voice; int64_t step;)                                                       \
  COMMAND(SOURCE_LOOP, struct peri__voice *voice; int64_t start, end; bool loop;)                                      \
  COMMAND(SOURCE_PAUSE, struct peri__voice *voice; bool pause;)                                                        \
  COMMAND(SOURCE_FILTER, struct peri__voice *voice; float coefs[PERI_SENT_COEFS]; uint32_t quanta; bool leaves;)       \
  COMMAND(SOURCE_INTERPOLATION, struct peri__voice *voice; peri_interpolation interpolation;)                          \
  COMMAND(SOURCE_BUFFER, struct peri__voice *voice; struct peri__storage * storage; double rate_ratio;)                \
  COMMAND(SOURCE_SUCCESSOR, struct peri__voice *voice; peri__successor_place successor;)                               \
  COMMAND(NODE_OPTION, struct peri__node *node; uint32_t option; double value;)                                        \
  COMMAND(NODE_PART, struct peri__node *node; struct peri__part * part;)                                               \
  COMMAND(NODE_START, struct peri__node *node; double frame;)                                                          \
  COMMAND(NODE_STOP, struct peri__node *node; double frame;)                                                           \
  COMMAND(PARAM_VALUE, struct peri__param *param; float value; uint32_t sequence;)                                     \
  COMMAND(PARAM_EVENT, struct peri__param *param; struct peri__event * event;)                                         \
  COMMAND(PARAM_CANCEL, struct peri__param *param; double time; struct peri__event * hold;)                            \
  COMMAND(PARAM_RATE, struct peri__param *param; bool audio_rate;)

typedef enum peri__command_type {
#define PERI_COMMAND_NAME(name, ...) PERI_COMMAND_##name,
  PERI_COMMANDS(PERI_COMMAND_NAME)
#undef PERI_COMMAND_NAME
} peri__command_type;

typedef struct peri__command {
  uint32_t type;
  uint32_t bytes; /* of the whole record, a multiple of 8 */
  union {
#define PERI_COMMAND_RECORD(name, ...)                                                                                 \
  struct {                                                                                                             \
    __VA_ARGS__                                                                                                        \
  } name;
    PERI_COMMANDS(PERI_COMMAND_RECORD)
#undef PERI_COMMAND_RECORD
  };
} peri__command;

#define PERI_COMMAND_BYTES(name)                                                                                       \
  ((uint32_t)(offsetof(peri__command, name) + sizeof(((peri__command *)0)->name) + 7) & ~7u)

#define PERI_CHUNK_SEALED 0x80000000u /* of `committed`: no more records will come in this chunk */

typedef struct peri__chunk {
  peri__link link;                /* on the way back */
  struct peri__chunk *next;       /* control, read by the audio thread once the chunk is sealed */
  atomic_uint_fast32_t committed; /* bytes to read, with the seal */
  uint32_t filled;                /* control */
  uint32_t capacity;
  _Alignas(16) unsigned char records[];
} peri__chunk;

typedef struct peri__commands {
  /* control, behind the engine's lock */
  peri__chunk *writing;     /* the last chunk */
  peri__chunk *uncommitted; /* the first chunk with records that are not committed, or NULL */
  peri__chunk *spare;       /* empty chunks for reuse */
  size_t bytes, limit;      /* of all chunks alive; the most of them */
  /* audio thread */
  peri__chunk *reading;
  uint32_t read; /* bytes of it */
  peri__handback done;
} peri__commands;

bool peri__commands_create(peri__commands *commands, size_t limit);
void peri__commands_destroy(peri__commands *commands);

bool peri__commands_grow(peri__commands *commands, uint32_t bytes);

/* CONTROL. Makes room for `bytes` of records, so that the pushes that follow cannot fail; false at the limit. */
static inline bool peri__commands_reserve(peri__commands *commands, uint32_t bytes) {
  const peri__chunk *last = commands->writing;
  return last->capacity - last->filled >= bytes || peri__commands_grow(commands, bytes);
}

/* CONTROL. The next record, its type and size set; room was reserved. */
static inline peri__command *peri__commands_push(peri__commands *commands, peri__command_type type, uint32_t bytes) {
  peri__chunk *chunk = commands->writing;
  PERI_ASSERT(chunk->capacity - chunk->filled >= bytes);
  peri__command *record = (peri__command *)(void *)(chunk->records + chunk->filled);
  record->type = (uint32_t)type;
  record->bytes = bytes;
  chunk->filled += bytes;
  if (!commands->uncommitted) commands->uncommitted = chunk;
  return record;
}
#define PERI_PUSH(commands, name, ...)                                                                                 \
  (peri__commands_push((commands), PERI_COMMAND_##name, PERI_COMMAND_BYTES(name))->name =                              \
       (__typeof__(((peri__command *)0)->name)){__VA_ARGS__})

void peri__commands_commit_chunks(peri__chunk *first);

/* CONTROL. All that was pushed becomes visible at once. */
static inline void peri__commands_commit(peri__commands *commands) {
  peri__chunk *first = commands->uncommitted;
  if (!first) return;
  commands->uncommitted = NULL;
  if (first->next)
    peri__commands_commit_chunks(first);
  else
    atomic_store_explicit(&first->committed, first->filled, memory_order_release);
}

/* AUDIO THREAD. The next committed record, valid until the next call, or NULL. */
const peri__command *peri__commands_next(peri__commands *commands) PERI_AUDIO_THREAD;

#endif
