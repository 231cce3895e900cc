/* Ctrl-C and SIGTERM: the first ends the program in good order, the second at once. */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

#include <stdbool.h>

typedef struct lua_State lua_State;

/* Before any library installs handlers of its own, on the thread that runs scripts. */
void signals_catch(void);
bool signals_interrupted(void);
/* Called in the handler of the first signal, before the second may kill the program. NULL: nothing. */
void signals_call(void (*function)(void));
/* The Lua state whose code a signal interrupts by an error; NULL: none. */
void signals_watch(lua_State *L);

#endif
