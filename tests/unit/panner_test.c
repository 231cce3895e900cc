/* Web Audio 1.1, PannerNode, "equalpower", and AudioListener. */
#include "unit/panner_scene.h"

#include "dsp/math.h"

TEST(an_angle_by_polynomials_is_libms) {
  for (int i = 0; i < 4000; i++) {
    double angle = (i - 2000) * (M_PI / 2000), far = 1e-3 * (i % 7 + 1);
    CHECK_NEAR(peri__quarter_turns(far * sin(angle), far * cos(angle)) * M_PI / 2, atan2(sin(angle), cos(angle)),
               1e-12);
  }
  CHECK_NEAR(peri__quarter_turns(0.0, 0.0), 0.0, 0.0);
  CHECK_NEAR(peri__quarter_turns(0.0, -1.0), 2.0, 0.0);
  CHECK_NEAR(peri__quarter_turns(-3.0, 0.0), -1.0, 0.0);
}

/* Anywhere, with any listener, mono and stereo: "Azimuth and Elevation", "equalpower", and the inverse model. */
TEST(a_panner_is_heard_where_the_text_says) {
  static const float ones[2] = {0.5f, 0.25f};
  uint64_t seed = 1;
  for (uint32_t channels = 1; channels <= 2; channels++) {
    panner_scene s = panner_scene_make(ones, channels);
    for (int i = 0; i < 200; i++) {
      vec position = random_vector(&seed, 8), ear = random_vector(&seed, 3), forward = random_vector(&seed, 2),
          up = random_vector(&seed, 2);
      set_vector(s.engine, s.panner, PERI_PANNER_POSITION_X, position);
      set_vector(s.engine, s.listener, PERI_LISTENER_POSITION_X, ear);
      set_vector(s.engine, s.listener, PERI_LISTENER_FORWARD_X, forward);
      set_vector(s.engine, s.listener, PERI_LISTENER_UP_X, up);
      float out[2];
      heard(s.engine, out);
      double azimuth, elevation, wanted[2];
      text_azimuth(position, ear, forward, up, &azimuth, &elevation);
      text_equal_power(azimuth, ones, channels == 1, wanted);
      vec apart = vec_diff(position, ear);
      double gain = 1 / fmax(1, sqrt(vec_dot(apart, apart)));
      CHECK_NEAR(out[0], wanted[0] * gain, 1e-6);
      CHECK_NEAR(out[1], wanted[1] * gain, 1e-6);
    }
    peri_engine_destroy(s.engine);
  }
}

/* Two channels at the end of a quantum, and what they must be. */
static void check_heard(peri_engine *engine, double left, double right) {
  float out[2];
  heard(engine, out);
  CHECK_NEAR(out[0], left, 1e-7);
  CHECK_NEAR(out[1], right, 1e-7);
}

/* "Handle degenerate case if source and listener are at the same point", and 'up' and 'forward' that are linearly
 * dependent: azimuth 0. */
TEST(a_source_without_a_direction_is_in_the_middle) {
  float one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  double middle = sqrt(0.5);
  check_heard(s.engine, middle, middle); /* at the listener */
  set_vector(s.engine, s.panner, PERI_PANNER_POSITION_X, (vec){0.5, 0, 0});
  check_heard(s.engine, 0, 1);
  set_vector(s.engine, s.listener, PERI_LISTENER_UP_X, (vec){0, 0, 3}); /* parallel to forward */
  check_heard(s.engine, middle, middle);
  set_vector(s.engine, s.listener, PERI_LISTENER_UP_X, (vec){0, 0, 0});
  check_heard(s.engine, middle, middle);
  set_vector(s.engine, s.listener, PERI_LISTENER_UP_X, (vec){0, 1, 0});
  set_vector(s.engine, s.panner, PERI_PANNER_POSITION_X, (vec){0, -0.5, 0}); /* straight below */
  check_heard(s.engine, middle, middle);
  peri_engine_destroy(s.engine);
}

static void set_range(panner_scene *s, double model, double ref, double max, double rolloff) {
  CHECK(peri_node_set_option(s->engine, s->panner, PERI_PANNER_DISTANCE_MODEL, model));
  CHECK(peri_node_set_option(s->engine, s->panner, PERI_PANNER_REF_DISTANCE, ref));
  CHECK(peri_node_set_option(s->engine, s->panner, PERI_PANNER_MAX_DISTANCE, max));
  CHECK(peri_node_set_option(s->engine, s->panner, PERI_PANNER_ROLLOFF_FACTOR, rolloff));
}

/* The formulas of DistanceModelType, written anew. */
static double text_distance_gain(int model, double d, double ref, double max, double f) {
  double least = fmin(ref, max), most = fmax(ref, max), gain;
  if (model == PERI_DISTANCE_LINEAR) {
    f = fmin(fmax(f, 0), 1);
    gain = least == most ? 1 - f : 1 - f * (fmax(fmin(d, most), least) - least) / (most - least);
  } else if (ref == 0) {
    gain = 0;
  } else if (model == PERI_DISTANCE_INVERSE) {
    gain = ref / (ref + f * (fmax(d, ref) - ref));
  } else {
    gain = pow(fmax(d, ref) / ref, -f);
  }
  return fmin(fmax(gain, 0), 1);
}

TEST(distance_models_are_the_texts) {
  float one = 1.0f;
  static const double distances[] = {0, 0.25, 1, 1.5, 4, 10, 1000}, rolloffs[] = {0, 0.5, 1, 1.75, 40};
  static const double refs[] = {0, 0.5, 2, 10}, maxes[] = {0.25, 2, 50};
  panner_scene s = panner_scene_make(&one, 1);
  for (int model = 0; model < 3; model++)
    for (int r = 0; r < 4; r++)
      for (int m = 0; m < 3; m++)
        for (int f = 0; f < 5; f++) {
          set_range(&s, model, refs[r], maxes[m], rolloffs[f]);
          for (int d = 0; d < 7; d++) {
            set_vector(s.engine, s.panner, PERI_PANNER_POSITION_X, (vec){0, 0, -distances[d]});
            float out[2];
            heard(s.engine, out);
            double wanted = text_distance_gain(model, distances[d], refs[r], maxes[m], rolloffs[f]) * sqrt(0.5);
            CHECK_NEAR(out[0], wanted, 1e-6);
            CHECK_NEAR(out[1], wanted, 1e-6);
          }
        }
  peri_engine_destroy(s.engine);
}

/* "Sound Cones": inside the inner angle all, outside the outer one coneOuterGain, between them in proportion. A source
 * that points at the listener is the loudest. */
TEST(a_cone_points_at_the_listener) {
  float one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  set_vector(s.engine, s.panner, PERI_PANNER_POSITION_X, (vec){0, 0, -1});
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_CONE_INNER_ANGLE, 60));
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_CONE_OUTER_ANGLE, 120));
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_CONE_OUTER_GAIN, 0.25));
  static const double angles[] = {0, 29, 31, 45, 59, 61, 90, 180};
  for (int i = 0; i < 8; i++) {
    double angle = angles[i], x = (angle - 30) / 30;
    double gain = angle <= 30 ? 1 : angle >= 60 ? 0.25 : (1 - x) + 0.25 * x;
    vec points = {5 * sin(angle * M_PI / 180), 0, 5 * cos(angle * M_PI / 180)}; /* +z is towards the listener */
    set_vector(s.engine, s.panner, PERI_PANNER_ORIENTATION_X, points);
    float out[2];
    heard(s.engine, out);
    CHECK_NEAR(out[0], gain * sqrt(0.5), 1e-6);
  }
  set_vector(s.engine, s.panner, PERI_PANNER_ORIENTATION_X, (vec){0, 0, 0}); /* "no cone specified - unity gain" */
  check_heard(s.engine, sqrt(0.5), sqrt(0.5));
  set_vector(s.engine, s.panner, PERI_PANNER_ORIENTATION_X, (vec){0, 0, -1});
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_CONE_OUTER_GAIN, 0));
  check_heard(s.engine, 0, 0);
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_CONE_INNER_ANGLE, 360));
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_CONE_OUTER_ANGLE, 360));
  check_heard(s.engine, sqrt(0.5), sqrt(0.5));
  peri_engine_destroy(s.engine);
}

/* "This algorithm MUST be implemented using a-rate parameters", the listener's among them, in blocks of any size. */
TEST(what_moves_is_panned_sample_by_sample) {
  static const float ones[2] = {0.5f, 0.25f};
  static const uint32_t blocks[] = {1, 100, 128, 480};
  for (int b = 0; b < 4; b++) {
    uint32_t channels = 1 + (uint32_t)b % 2, frames = 480;
    panner_scene s = panner_scene_make(ones, channels);
    double end = frames / 48000.0;
    set_vector(s.engine, s.panner, PERI_PANNER_POSITION_X, (vec){-3, 0.5, -2});
    CHECK(peri_param_linear_ramp(s.engine, s.panner, PERI_PANNER_POSITION_X, 5, end));
    CHECK(peri_param_linear_ramp(s.engine, s.listener, PERI_LISTENER_POSITION_Z, 4, end));
    CHECK(peri_param_linear_ramp(s.engine, s.listener, PERI_LISTENER_FORWARD_X, -3, end));
    CHECK(peri_engine_update(s.engine));
    float *out = scene_render(s.engine, frames, blocks[b]);
    for (uint32_t i = 0; i < frames; i++) {
      double t = (double)i / frames, azimuth, elevation, wanted[2];
      vec position = {-3 + 8 * t, 0.5, -2}, ear = {0, 0, 4 * t}, apart = vec_diff(position, ear);
      text_azimuth(position, ear, (vec){-3 * t, 0, -1}, (vec){0, 1, 0}, &azimuth, &elevation);
      text_equal_power(azimuth, ones, channels == 1, wanted);
      double gain = 1 / fmax(1, sqrt(vec_dot(apart, apart)));
      CHECK_NEAR(out[2 * i], wanted[0] * gain, 2e-6);
      CHECK_NEAR(out[2 * i + 1], wanted[1] * gain, 2e-6);
    }
    free(out);
    peri_engine_destroy(s.engine);
  }
}

/* A jump lands on its frame: nothing is smoothed. */
TEST(a_jump_of_a_position_is_heard_on_its_frame) {
  float one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  set_vector(s.engine, s.panner, PERI_PANNER_POSITION_X, (vec){-1, 0, 0});
  CHECK(peri_param_set_value_at_time(s.engine, s.panner, PERI_PANNER_POSITION_X, 1, 200 / 48000.0));
  CHECK(peri_engine_update(s.engine));
  float *out = scene_render(s.engine, 256, 64);
  for (int i = 0; i < 256; i++) {
    CHECK_NEAR(out[2 * i], i < 200, 1e-7);
    CHECK_NEAR(out[2 * i + 1], i >= 200, 1e-7);
  }
  free(out);
  peri_engine_destroy(s.engine);
}

/* ---- The listener in the graph ---------------------------------------------------------------------------------- */

/* A constant that moves the listener or a panner by a parameter. */
static peri_node constant(peri_engine *engine, float value) {
  peri_node node = peri_node_create(engine, PERI_NODE_CONSTANT_SOURCE);
  CHECK(peri_param_set_value(engine, node, PERI_CONSTANT_SOURCE_OFFSET, value));
  CHECK(peri_source_start(engine, node, 0.0, 0.0, INFINITY));
  return node;
}

/* Whatever the order in which things were made, what moves the listener is heard in the same quantum. */
TEST(what_is_connected_to_the_listener_moves_it_in_the_same_quantum) {
  float one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  float out[2];
  heard(s.engine, out);
  peri_node far = constant(s.engine, -3.0f), gain = peri_node_create(s.engine, PERI_NODE_GAIN);
  CHECK(peri_connect(s.engine, far, 0, gain, 0));
  CHECK(peri_connect_param(s.engine, gain, 0, s.listener, PERI_LISTENER_POSITION_X));
  check_heard(s.engine, 0, 1.0 / 3);
  CHECK(peri_param_set_value(s.engine, gain, PERI_GAIN_GAIN, -1.0f));
  check_heard(s.engine, 1.0 / 3, 0);
  CHECK(peri_disconnect_param(s.engine, gain, 0, s.listener, PERI_LISTENER_POSITION_X));
  check_heard(s.engine, sqrt(0.5), sqrt(0.5));
  CHECK_EQ(scene_stats(s.engine).nonfinite, 0);
  peri_engine_destroy(s.engine);
}

/* Three panners and what moves the listener, made and connected in some order. */
enum { MAKE_LISTENER, MAKE_FIRST, MAKE_SECOND, MAKE_THIRD, MAKE_WALK, STEPS };

static void heard_in_order(const int order[STEPS], float out[512]) {
  float one = 1.0f;
  peri_engine *engine = scene_engine(2);
  peri_node source = panner_source(engine, &one, 1);
  for (int i = 0; i < STEPS; i++) {
    int step = order[i];
    if (step == MAKE_LISTENER) {
      set_vector(engine, peri_engine_listener(engine), PERI_LISTENER_POSITION_X, (vec){0, 0, 0.5});
    } else if (step == MAKE_WALK) {
      peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
      CHECK(peri_connect_param(engine, gain, 0, peri_engine_listener(engine), PERI_LISTENER_POSITION_X));
      CHECK(peri_connect(engine, constant(engine, 1.0f), 0, gain, 0));
      CHECK(peri_param_linear_ramp(engine, gain, PERI_GAIN_GAIN, 4, 200 / 48000.0));
    } else {
      peri_node panner = peri_node_create(engine, PERI_NODE_PANNER);
      CHECK(peri_connect(engine, panner, 0, peri_engine_destination(engine), 0));
      CHECK(peri_connect(engine, source, 0, panner, 0));
      set_vector(engine, panner, PERI_PANNER_POSITION_X, (vec){2 * step - 4, 1, -0.25});
    }
  }
  CHECK(peri_engine_update(engine));
  float *rendered = scene_render(engine, 256, 128);
  memcpy(out, rendered, 512 * sizeof *out);
  free(rendered);
  peri_engine_destroy(engine);
}

TEST(the_order_in_which_a_listener_and_its_panners_are_made_is_not_heard) {
  static const int first[STEPS] = {MAKE_LISTENER, MAKE_FIRST, MAKE_SECOND, MAKE_THIRD, MAKE_WALK};
  float wanted[512], got[512];
  uint64_t seed = 7;
  heard_in_order(first, wanted);
  for (int round = 0; round < 20; round++) {
    int order[STEPS];
    memcpy(order, first, sizeof order);
    for (int i = STEPS - 1; i > 0; i--) {
      int k = (int)(scene_random(&seed) * (i + 1)), kept = order[i];
      order[i] = order[k];
      order[k] = kept;
    }
    heard_in_order(order, got);
    for (int i = 0; i < 512; i++) CHECK_NEAR(got[i], wanted[i], 3e-7); /* sums in the order of the connections */
  }
}

/* A panner that moves the listener hears it: a cycle without a delay, whose nodes are muted. Others go on, and hear the
 * listener where it was. */
TEST(a_panner_that_moves_the_listener_is_muted_and_no_other) {
  float one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  set_vector(s.engine, s.listener, PERI_LISTENER_POSITION_X, (vec){-2, 0, 0});
  check_heard(s.engine, 0, 0.5);
  peri_node other = peri_node_create(s.engine, PERI_NODE_PANNER);
  CHECK(peri_connect(s.engine, s.source, 0, other, 0));
  CHECK(peri_connect_param(s.engine, other, 0, s.listener, PERI_LISTENER_POSITION_Y));
  CHECK(peri_connect(s.engine, other, 0, peri_engine_destination(s.engine), 0));
  check_heard(s.engine, 0, 0.5);
  CHECK(peri_disconnect_param(s.engine, other, 0, s.listener, PERI_LISTENER_POSITION_Y));
  check_heard(s.engine, 0, 1.0);
  peri_engine_destroy(s.engine);
}

TEST(panners_come_and_go_and_the_listener_stays) {
  float one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  float out[2];
  heard(s.engine, out);
  uint32_t nodes = scene_stats(s.engine).nodes;
  for (int i = 0; i < 50; i++) {
    peri_node panner = peri_node_create(s.engine, PERI_NODE_PANNER);
    CHECK(peri_connect(s.engine, panner, 0, peri_engine_destination(s.engine), 0));
    heard(s.engine, out);
    peri_node_release(s.engine, panner);
    heard(s.engine, out);
    CHECK(!peri_node_is_valid(s.engine, panner));
    CHECK_EQ(scene_stats(s.engine).nodes, nodes);
  }
  peri_node_release(s.engine, s.listener);
  heard(s.engine, out);
  CHECK(peri_node_is_valid(s.engine, s.listener));
  CHECK(peri_engine_listener(s.engine) == s.listener);
  peri_engine_destroy(s.engine);
}

/* Edges of the listener are the engine's own. */
TEST(a_listener_connects_to_nothing) {
  float one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  CHECK(!peri_connect(s.engine, s.listener, 0, s.panner, 0));
  CHECK_ERROR("AudioListener has no output");
  CHECK(!peri_disconnect(s.engine, s.listener, PERI_ANY, 0, PERI_ANY));
  CHECK(!peri_connect(s.engine, s.source, 0, s.listener, 0));
  CHECK_ERROR("there is no input 0");
  CHECK(!peri_tap_create(s.engine, s.listener, NULL));
  CHECK_ERROR("AudioListener has no output");
  CHECK(peri_node_create(s.engine, PERI_NODE_LISTENER) == 0);
  CHECK_ERROR("cannot be created here");
  peri_node_kind kind;
  CHECK(peri_node_get_kind(s.engine, s.listener, &kind) && kind == PERI_NODE_LISTENER);
  check_heard(s.engine, sqrt(0.5), sqrt(0.5));
  peri_engine_destroy(s.engine);
}

/* ---- Errors, channels, bad samples ------------------------------------------------------------------------------ */

static void refused(panner_scene *s, uint32_t option, double value, const char *name) {
  double before, after;
  CHECK(peri_node_get_option(s->engine, s->panner, option, &before));
  CHECK(!peri_node_set_option(s->engine, s->panner, option, value));
  CHECK_ERROR(name);
  CHECK(peri_node_get_option(s->engine, s->panner, option, &after) && after == before);
}

/* RangeError of refDistance, maxDistance and rolloffFactor; InvalidStateError of coneOuterGain. */
TEST(values_out_of_range_are_refused) {
  float one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  refused(&s, PERI_PANNER_REF_DISTANCE, -1, "refDistance of PannerNode");
  refused(&s, PERI_PANNER_REF_DISTANCE, INFINITY, "refDistance");
  refused(&s, PERI_PANNER_MAX_DISTANCE, 0, "maxDistance of PannerNode must be above 0");
  refused(&s, PERI_PANNER_MAX_DISTANCE, -1, "maxDistance");
  refused(&s, PERI_PANNER_ROLLOFF_FACTOR, -0.1, "rolloffFactor");
  refused(&s, PERI_PANNER_CONE_OUTER_GAIN, 1.1, "coneOuterGain");
  refused(&s, PERI_PANNER_CONE_OUTER_GAIN, -0.1, "coneOuterGain");
  refused(&s, PERI_PANNER_CONE_INNER_ANGLE, NAN, "coneInnerAngle");
  refused(&s, PERI_PANNER_DISTANCE_MODEL, 3, "distanceModel");
  peri_engine_destroy(s.engine);
}

/* "channelCount constraints", "channelCountMode constraints". */
TEST(a_panner_mixes_two_channels_at_most) {
  float one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  peri_channel_rule rule;
  CHECK(peri_node_get_channels(s.engine, s.panner, &rule));
  CHECK(rule.count == 2 && rule.mode == PERI_COUNT_CLAMPED_MAX && rule.interpretation == PERI_SPEAKERS);
  rule.count = 3;
  CHECK(!peri_node_set_channels(s.engine, s.panner, &rule));
  CHECK_ERROR("channelCount of PannerNode must be 1 to 2");
  rule.count = 2;
  rule.mode = PERI_COUNT_MAX;
  CHECK(!peri_node_set_channels(s.engine, s.panner, &rule));
  CHECK_ERROR("cannot be max");
  rule.mode = PERI_COUNT_EXPLICIT; /* a mono source as a stereo one: both channels, straight ahead */
  CHECK(peri_node_set_channels(s.engine, s.panner, &rule));
  check_heard(s.engine, 1, 1);
  peri_engine_destroy(s.engine);
}

TEST(a_nan_does_not_stay_in_a_panner) {
  float bad = NAN, one = 1.0f;
  panner_scene s = panner_scene_make(&one, 1);
  peri_node source = panner_source(s.engine, &bad, 1);
  CHECK(peri_connect_param(s.engine, source, 0, s.panner, PERI_PANNER_POSITION_X));
  float out[2];
  heard(s.engine, out);
  CHECK(isfinite(out[0]) && isfinite(out[1]));
  CHECK(peri_disconnect_param(s.engine, source, 0, s.panner, PERI_PANNER_POSITION_X));
  CHECK(peri_connect(s.engine, source, 0, s.panner, 0));
  heard(s.engine, out);
  CHECK(isfinite(out[0]) && isfinite(out[1]));
  CHECK(peri_disconnect(s.engine, source, 0, s.panner, 0));
  check_heard(s.engine, sqrt(0.5), sqrt(0.5));
  peri_engine_destroy(s.engine);
}
