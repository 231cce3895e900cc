/* What the window shows, drawn on a canvas of any size. */
#ifndef HOST_SCENE_H
#define HOST_SCENE_H

#include "canvas.h"
#include "status.h"

typedef struct scene {
  float spectrum[PERI_VIEW_SPECTRUM]; /* dB as shown: rises at once, falls slowly */
  double time;                        /* of the last picture, host_clock seconds; 0: none */
} scene;

/* `now` is the host's clock in seconds. */
void scene_draw(scene *scene, canvas *canvas, const host_status *status, double now);

#endif
