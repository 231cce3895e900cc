/* The window. */
#ifndef HOST_VIEW_H
#define HOST_VIEW_H

#include <stdbool.h>

#include "status.h"
#include "terminal_keys.h"

typedef struct view view;

/* NULL when there is no display; view_error then says why. */
view *view_open(const char *title);
const char *view_error(void);
/* Reports the keys of the window by SDL's names in lower case; false when it was closed or Escape was pressed. */
bool view_poll(view *view, key_function *report, void *user);
void view_show(view *view, const host_status *status);
/* What the window shows as a PNG; false when it could not be written. */
bool view_save(const view *view, const char *path);
void view_close(view *view); /* NULL is ignored */

#endif
