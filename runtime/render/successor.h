/* AUDIO THREAD. A voice goes on with the new samples of its buffer: successor.c for apply.c and playhead.c. */
#ifndef PERI_SUCCESSOR_H
#define PERI_SUCCESSOR_H

#include "render/render.h"

void peri__voice_set_storage(peri__voice *voice, const peri__storage *storage); /* NULL: none */
/* In 32.32 frames. The voice has details, which are looked at from now on: the offset there decides whether the
 * playhead enters the loop. */
void peri__voice_set_loop_points(peri__voice *voice, int64_t start, int64_t end);

/* A command, for a voice that has details. The successor waits for the voice's loop, in the place of the one before; a
 * voice whose start lies ahead takes it at once. One that has taken these samples already takes what was set since
 * then. */
void peri__voice_set_successor(peri__render *render, peri__voice *voice, peri__successor *successor);

/* The voice has its successor's sound from now on; its playhead is the caller's. */
void peri__voice_take_successor(peri__render *render, peri__voice *voice, peri__source_details *details);

#endif
