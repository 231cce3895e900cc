/* Taps and visualizers. */
#include "control/control.h"

#include "base/blocks.h"
#include "visualizer/visualizer.h"

peri_tap_def peri_default_tap_def(void) {
  return (peri_tap_def){.size = sizeof(peri_tap_def), .block_size = 1024, .blocks = 16, .max_blocks = 64};
}

static bool check_def(const peri_tap_def *def, uint32_t channels) {
  if (def->size != sizeof *def) return peri__fail("tap: begin with peri_default_tap_def()");
  if (channels < 1 || channels > PERI_MAX_CHANNELS)
    return peri__fail("tap: channels must be 1 to %d, got %u", PERI_MAX_CHANNELS, channels);
  if (def->block_size < channels || def->block_size > 1u << 20)
    return peri__fail("tap: blockSize must be %u (channels) to %u, got %u", channels, 1u << 20, def->block_size);
  if (def->blocks < 2 || def->blocks > 4096) return peri__fail("tap: blocks must be 2 to 4096, got %u", def->blocks);
  if (def->max_blocks < def->blocks || def->max_blocks > 4096)
    return peri__fail("tap: maxBlocks must be %u (blocks) to 4096, got %u", def->blocks, def->max_blocks);
  if ((unsigned)def->dry > PERI_DRY_OLDEST) return peri__fail("tap: dry must be skip or oldest");
  return true;
}

/* The node whose output is tapped: a source gets a step of its own. */
static uint32_t tapped_node(peri_engine *engine, peri_node id) {
  if (!((uint32_t)id & PERI_SOURCE_BIT)) {
    const peri__graph_node *node = peri__find_node(engine, id);
    if (!node) return PERI_NONE;
    if (node->render->output_count) return (uint32_t)id;
    peri__fail("%s has no output", node->render->kind->info.name);
    return PERI_NONE;
  }
  peri__source *source = peri__find_source(engine, id);
  return source ? peri__source_step_node(engine, source) : PERI_NONE;
}

static peri_tap *create(peri_engine *engine, peri_node id, const peri_tap_def *def, uint32_t channels) {
  peri_tap *tap = PERI_NEW(peri_tap);
  if (!tap) return NULL;
  peri__blocks_plan plan = {channels, def->block_size - def->block_size % channels, def->blocks, def->max_blocks,
                            def->dry};
  tap->blocks = peri__blocks_create(&plan);
  tap->node = tap->blocks ? tapped_node(engine, id) : PERI_NONE;
  if (tap->node == PERI_NONE) {
    peri__blocks_close(tap->blocks);
    peri__release(tap, sizeof *tap);
    return NULL;
  }
  tap->engine = engine;
  tap->channels = channels;
  tap->next = engine->taps;
  engine->taps = tap;
  engine->graph.nodes[tap->node].taps++;
  engine->graph.dirty = true;
  peri__compile(engine); /* if it fails, the next call tries again */
  peri__publish(engine);
  return tap;
}

peri_tap *peri_tap_create(peri_engine *engine, peri_node node, const peri_tap_def *def) {
  peri_tap_def defaults = peri_default_tap_def();
  if (!def) def = &defaults;
  uint32_t channels = def->channels ? def->channels : engine->render.channels;
  if (!check_def(def, channels)) return NULL;
  peri__lock(engine);
  peri_tap *tap = create(engine, node, def, channels);
  peri__unlock(engine);
  return tap;
}

void peri_tap_close(peri_tap *tap) {
  if (!tap) return;
  peri_engine *engine = tap->engine;
  peri__lock(engine);
  peri_tap_stats stats;
  peri__blocks_get_stats(tap->blocks, &stats);
  engine->tap_dropped += stats.dropped;
  tap->closed = true;
  tap->removed_in = engine->graph.sequence + 1;
  engine->graph.nodes[tap->node].taps--;
  engine->graph.dirty = true;
  peri__compile(engine);
  peri__publish(engine);
  peri__unlock(engine);
}

static void destroy(peri_engine *engine, peri_tap *tap) {
  peri_tap **place = &engine->taps;
  while (*place != tap) place = &(*place)->next;
  *place = tap->next;
  peri__blocks_close(tap->blocks);
  peri__release(tap, sizeof *tap);
}

void peri__taps_collect(peri_engine *engine) {
  for (peri_tap *tap = engine->taps, *next; tap; tap = next) {
    next = tap->next;
    if (tap->closed && tap->removed_in <= engine->graph.returned + 1) destroy(engine, tap);
  }
}

void peri__taps_destroy(peri_engine *engine) {
  while (engine->taps) destroy(engine, engine->taps);
}

peri_block *peri_tap_receive(peri_tap *tap) { return peri__blocks_receive(tap->blocks); }
void peri_block_release(peri_block **block) { peri__block_give_back(block); }
void peri_tap_get_stats(peri_tap *tap, peri_tap_stats *stats) { peri__blocks_get_stats(tap->blocks, stats); }

/* ---- Visualizers ------------------------------------------------------------------------------------------------ */

struct peri_visualizer {
  peri_visualizer *next;
  peri_tap *tap;
  peri__visualizer *analysis;
};

peri_visualizer *peri_visualizer_create(peri_engine *engine, peri_node node) {
  peri_visualizer *visualizer = PERI_NEW(peri_visualizer);
  if (!visualizer) return NULL;
  uint32_t channels = engine->render.channels;
  peri_tap_def def = peri_default_tap_def();
  def.block_size = channels * 512;
  def.dry = PERI_DRY_OLDEST;
  visualizer->tap = peri_tap_create(engine, node, &def);
  if (visualizer->tap) visualizer->analysis = peri__visualizer_create(visualizer->tap->blocks, engine->sample_rate);
  if (!visualizer->analysis) {
    peri_tap_close(visualizer->tap);
    peri__release(visualizer, sizeof *visualizer);
    return NULL;
  }
  peri__lock(engine);
  visualizer->next = engine->visualizers;
  engine->visualizers = visualizer;
  peri__unlock(engine);
  return visualizer;
}

void peri_visualizer_destroy(peri_visualizer *visualizer) {
  if (!visualizer) return;
  peri_engine *engine = visualizer->tap->engine;
  peri__lock(engine);
  peri_visualizer **place = &engine->visualizers;
  while (*place != visualizer) place = &(*place)->next;
  *place = visualizer->next;
  peri__unlock(engine);
  peri__visualizer_destroy(visualizer->analysis);
  peri_tap_close(visualizer->tap);
  peri__release(visualizer, sizeof *visualizer);
}

/* The engine is ending; it frees the taps itself. */
void peri__visualizers_destroy(peri_engine *engine) {
  for (peri_visualizer *each = engine->visualizers, *next; each; each = next) {
    next = each->next;
    peri__visualizer_destroy(each->analysis);
    peri__release(each, sizeof *each);
  }
}

bool peri_visualizer_read(peri_visualizer *visualizer, peri_view *view) {
  return peri__visualizer_read(visualizer->analysis, view);
}

void peri_visualizer_get_stats(peri_visualizer *visualizer, peri_tap_stats *stats) {
  peri_tap_get_stats(visualizer->tap, stats);
}
