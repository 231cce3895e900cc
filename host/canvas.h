/* A picture in memory and what is drawn on it: the window's scene and the PNG of a rendering share it.
 * Coordinates are pixels from the top left corner; edges between pixels are blended by the part they cover. */
#ifndef HOST_CANVAS_H
#define HOST_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct colour {
  uint8_t r, g, b, a;
} colour;

typedef struct canvas {
  int width, height;
  colour *pixels; /* rows from the top, opaque */
  struct {
    float left, top, right, bottom;
  } clip; /* nothing is drawn outside */
} canvas;

/* The palette of everything that perilune draws. */
#define INK_GROUND ((colour){13, 16, 22, 255})
#define INK_PANEL ((colour){21, 26, 35, 255})
#define INK_GRID ((colour){38, 46, 60, 255})
#define INK_TRACK ((colour){30, 37, 49, 255})
#define INK_FAINT ((colour){122, 134, 155, 255})
#define INK_TEXT ((colour){205, 213, 226, 255})
#define INK_BRIGHT ((colour){240, 244, 250, 255})
#define INK_MOON ((colour){140, 190, 255, 255})
#define INK_GREEN ((colour){94, 214, 164, 255})
#define INK_AMBER ((colour){246, 193, 90, 255})
#define INK_RED ((colour){255, 98, 98, 255})

#define CANVAS_TEXT_HEIGHT 7.0f /* of capitals, at scale 1 */

bool canvas_make(canvas *on, int width, int height);
void canvas_free(canvas *on);
void canvas_clear(canvas *on, colour ink);
/* What follows is drawn inside this box alone, until canvas_unclip. */
void canvas_clip(canvas *on, float x, float y, float width, float height);
void canvas_unclip(canvas *on);
void canvas_fill(canvas *on, float x, float y, float width, float height, colour ink);
void canvas_panel(canvas *on, float x, float y, float width, float height, float radius, colour ink);

/* A line through heights[i] at column x + i. */
void canvas_curve(canvas *on, int x, const float *heights, int count, float thickness, colour ink);

/* The scale of text nearest to this one whose strokes are even. */
float canvas_text_scale(float scale);

/* ASCII alone, other characters become '?'; y is the top of the capitals. Returns the width drawn. */
float canvas_text(canvas *on, float x, float y, float scale, colour ink, const char *text);
float canvas_text_width(float scale, const char *text);
float canvas_text_right(canvas *on, float right, float y, float scale, colour ink, const char *text);
float canvas_text_centred(canvas *on, float centre, float y, float scale, colour ink, const char *text);

/* As a PNG; false when the file could not be written. */
bool canvas_save(const canvas *on, const char *path);

colour colour_mix(colour from, colour to, float part);

#endif
