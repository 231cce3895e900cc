/* perilune: a game audio runtime that stays close to Lua. The public C API.
 *
 * An engine is an object; many may live side by side. It renders a graph of nodes in quanta of 128 frames.
 * Whoever calls peri_engine_render is its audio thread for that call: an SDL2 device (peri_device_open),
 * or the host itself (pull mode, offline rendering).
 *
 * Threads. Every function here may be called from any thread but the audio thread, unless it says otherwise;
 * calls on one engine are ordered by a lock that the audio thread never sees. Nothing here waits for the audio
 * thread except peri_device_open, peri_device_close and peri_engine_destroy.
 *
 * Failure. What can fail returns false, NULL or 0, changes nothing, and leaves one sentence for peri_error().
 *
 * Units. Times are seconds on the engine's clock (peri_engine_time) as doubles; positions in a sound are seconds of
 * that sound; gains are linear factors; a frame is one sample in each channel. Inputs, outputs and channels count
 * from 0 here (from 1 in Lua).
 *
 * MIT licence, see LICENSE. */
#ifndef PERILUNE_H
#define PERILUNE_H

#define PERI_VERSION_MAJOR 0
#define PERI_VERSION_MINOR 1
#define PERI_VERSION_PATCH 0
#define PERI_VERSION "0.1.0"

#include "perilune/buffer.h" /* shared samples, sound files */
#include "perilune/engine.h" /* hooks, engines, events, devices */
#include "perilune/graph.h"  /* nodes, connections, parameters */
#include "perilune/kind.h"   /* nodes of your own */
#include "perilune/source.h" /* what plays a buffer */
#include "perilune/tap.h"    /* audio for other threads, levels and spectra */

#endif
