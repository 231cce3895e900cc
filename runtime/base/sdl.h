/* SDL2's functions, found at run time: the library has no link dependency on SDL2, so that a module also lives in a
 * process that carries SDL3 or none. Only SDL's audio subsystem is ever initialised and quit. */
#ifndef PERI_SDL_H
#define PERI_SDL_H

#include "base/base.h"

#include <SDL2/SDL.h>

/* One line a function: return type, name without SDL_, arguments. */
#define PERI_SDL_FUNCTIONS(F)                                                                                          \
  F(int, InitSubSystem, (Uint32 flags))                                                                                \
  F(void, QuitSubSystem, (Uint32 flags))                                                                               \
  F(Uint32, WasInit, (Uint32 flags))                                                                                   \
  F(const char *, GetError, (void))                                                                                    \
  F(const char *, GetCurrentAudioDriver, (void))                                                                       \
  F(int, GetNumAudioDevices, (int is_capture))                                                                         \
  F(SDL_AudioDeviceID, OpenAudioDevice,                                                                                \
    (const char *device, int is_capture, const SDL_AudioSpec *desired, SDL_AudioSpec *obtained, int allowed_changes))  \
  F(void, CloseAudioDevice, (SDL_AudioDeviceID device))                                                                \
  F(void, PauseAudioDevice, (SDL_AudioDeviceID device, int pause_on))                                                  \
  F(SDL_AudioStatus, GetAudioDeviceStatus, (SDL_AudioDeviceID device))                                                 \
  F(SDL_RWops *, RWFromConstMem, (const void *memory, int size))                                                       \
  F(SDL_AudioSpec *, LoadWAV_RW,                                                                                       \
    (SDL_RWops * source, int freesrc, SDL_AudioSpec *spec, Uint8 **bytes, Uint32 *length))                             \
  F(void, FreeWAV, (Uint8 * bytes))                                                                                    \
  F(const char *, GetHint, (const char *name))                                                                         \
  F(SDL_bool, SetHint, (const char *name, const char *value))

typedef struct peri__sdl {
#define PERI_SDL_MEMBER(type, name, arguments) type(SDLCALL *name) arguments;
  PERI_SDL_FUNCTIONS(PERI_SDL_MEMBER)
#undef PERI_SDL_MEMBER
} peri__sdl;

/* SDL2's functions, loaded at the first call; NULL, with a message that names the package, where there is no SDL2. */
const peri__sdl *peri__sdl_functions(void);

/* Tests put a table of their own in place; NULL goes back to the real one. */
void peri__sdl_replace(const peri__sdl *functions);

#endif
