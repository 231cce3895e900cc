#include "view.h"

#include <stdio.h>
#include <stdlib.h>

#include <SDL2/SDL.h>

#include "host.h"
#include "scene.h"

#define WIDTH 960
#define HEIGHT 540
#define LEAST_WIDTH 640
#define LEAST_HEIGHT 360

struct view {
  SDL_Window *window;
  SDL_Renderer *renderer;
  SDL_Texture *texture; /* of the canvas's size; NULL before the first picture */
  canvas canvas;
  scene scene;
};

const char *view_error(void) { return SDL_GetError(); }

view *view_open(const char *title) {
  char caption[256];
  view *view = calloc(1, sizeof *view);
  if (!view) return NULL;
  if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0) {
    free(view);
    return NULL;
  }
  snprintf(caption, sizeof caption, "%s - perilune", title);
  Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
  view->window = SDL_CreateWindow(caption, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, WIDTH, HEIGHT, flags);
  if (view->window) view->renderer = SDL_CreateRenderer(view->window, -1, 0);
  if (!view->renderer) {
    view_close(view);
    return NULL;
  }
  SDL_SetWindowMinimumSize(view->window, LEAST_WIDTH, LEAST_HEIGHT);
  return view;
}

static bool fit(view *view) {
  int width, height;
  if (SDL_GetRendererOutputSize(view->renderer, &width, &height) != 0 || width < 1 || height < 1) return false;
  if (view->texture && view->canvas.width == width && view->canvas.height == height) return true;
  if (view->texture) SDL_DestroyTexture(view->texture);
  canvas_free(&view->canvas);
  view->texture = SDL_CreateTexture(view->renderer, SDL_PIXELFORMAT_RGBA32, SDL_TEXTUREACCESS_STREAMING, width, height);
  return view->texture && canvas_make(&view->canvas, width, height);
}

static void report_key(const SDL_KeyboardEvent *event, key_function *report, void *user) {
  char name[64];
  snprintf(name, sizeof name, "%s", SDL_GetKeyName(event->keysym.sym));
  for (char *c = name; *c; c++)
    if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
  if (name[0] && !event->repeat) report(user, name, event->type == SDL_KEYDOWN);
}

bool view_poll(view *view, key_function *report, void *user) {
  SDL_Event event;
  bool stays = true;
  Uint32 window = SDL_GetWindowID(view->window);
  while (SDL_PollEvent(&event)) {
    bool key = event.type == SDL_KEYDOWN || event.type == SDL_KEYUP;
    if (event.type == SDL_QUIT) stays = false;
    if (event.type == SDL_WINDOWEVENT && event.window.windowID == window && event.window.event == SDL_WINDOWEVENT_CLOSE)
      stays = false;
    if (key && event.key.keysym.sym == SDLK_ESCAPE)
      stays = stays && event.type == SDL_KEYUP;
    else if (key)
      report_key(&event.key, report, user);
  }
  return stays;
}

void view_show(view *view, const host_status *status) {
  if (!fit(view)) return;
  scene_draw(&view->scene, &view->canvas, status, host_clock());
  SDL_UpdateTexture(view->texture, NULL, view->canvas.pixels, view->canvas.width * (int)sizeof(colour));
  SDL_RenderCopy(view->renderer, view->texture, NULL, NULL);
  SDL_RenderPresent(view->renderer);
}

bool view_save(const view *view, const char *path) { return view->canvas.pixels && canvas_save(&view->canvas, path); }

void view_close(view *view) {
  if (!view) return;
  canvas_free(&view->canvas);
  if (view->texture) SDL_DestroyTexture(view->texture);
  if (view->renderer) SDL_DestroyRenderer(view->renderer);
  if (view->window) SDL_DestroyWindow(view->window);
  SDL_QuitSubSystem(SDL_INIT_VIDEO);
  free(view);
}
