/* An error of a script over everything else in the window: where it is, what it says, and the traceback. */
#ifndef HOST_ERROR_PANEL_H
#define HOST_ERROR_PANEL_H

#include "canvas.h"

/* `text` as Lua makes it: "FILE:LINE: MESSAGE", then "stack traceback:" and its lines. `unit`: pixels for one of the
 * design's. */
void error_panel_draw(canvas *on, float unit, const char *text);

#endif
