/* What a script draws for the coming picture: rectangles and lines of text, in the order of their calls. */
#ifndef HOST_DRAWING_H
#define HOST_DRAWING_H

#include <stddef.h>

#include "canvas.h"

/* The area that a script draws on, in its own pixels: those of a window of its first size. In another size it is scaled
 * as a whole. */
#define DRAWING_WIDTH 960.0f
#define DRAWING_HEIGHT 480.0f

typedef struct drawn drawn;

typedef struct drawing {
  drawn *things;
  size_t count, room;
  char *texts; /* each with its zero */
  size_t texts_length, texts_room;
  bool used; /* the script has drawn, in this picture or before */
} drawing;

/* False when memory ran out; nothing is changed then. */
bool drawing_rectangle(drawing *drawing, double x, double y, double width, double height, colour ink);
bool drawing_text(drawing *drawing, double x, double y, const char *text);

/* For the next picture. */
void drawing_clear(drawing *drawing);
void drawing_free(drawing *drawing);

/* Onto the canvas, with the area's top left corner there. */
void drawing_show(const drawing *drawing, canvas *on, float left, float top, float scale);

#endif
