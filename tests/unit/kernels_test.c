#include "unit/kernel_checks.h"
#include "unit/test.h"

#include "dsp/mix.h"

#include <float.h>

#define N PERI_QUANTUM

#define EACH_KERNELS(kernels)                                                                                          \
  for (int kernels##_at = 0; peri__kernels_built[kernels##_at]; kernels##_at++)                                        \
    for (const peri__kernels *kernels = peri__kernels_built[kernels##_at]; kernels; kernels = NULL)                    \
      if (kernels->usable())

#define CHECK_WITHIN(kernels, excess)                                                                                  \
  do {                                                                                                                 \
    double check_excess = (excess);                                                                                    \
    if (!(check_excess <= 1)) fail_msg("%s: %s is %.3g", (kernels)->name, #excess, check_excess);                      \
  } while (0)

static void check_side(const spans_scene *s, const peri__kernels *kernels, int side, const float *got,
                       const float *before) {
  for (int i = 0; i < N; i++) {
    double sum = (double)before[i], size = fabs(sum);
    for (size_t k = 0; k < s->count; k++) {
      double part = part_of(&s->span[k], side, i);
      sum += part;
      size += fabs(part);
    }
    if (!(fabs((double)got[i] - sum) <= 2e-6 * size)) /* twice the bound: the scalar one is no more exact than this */
      fail_msg("%s, side %d, frame %d: %.9g, wanted %.9g", kernels->name, side, i, (double)got[i], sum);
  }
}

TEST(every_kernel_mixes_what_the_formula_says) {
  EACH_KERNELS(kernels) {
    for (size_t count = 0; count < MOST_SPANS; count += 1 + count / 4) {
      for (int offset = 0; offset < 4; offset++) {
        spans_scene *s = make_scene(count);
        float before[2][N];
        memcpy(before[0], s->left + offset % 4, sizeof before[0]);
        memcpy(before[1], s->right + offset % 4, sizeof before[1]);
        kernels->mix_spans(s->left + offset % 4, count % 2 ? s->right + offset % 4 : NULL, s->span, count);
        check_side(s, kernels, 0, s->left + offset % 4, before[0]);
        if (count % 2)
          check_side(s, kernels, 1, s->right + offset % 4, before[1]);
        else
          CHECK(memcmp(s->right + offset % 4, before[1], sizeof before[1]) == 0);
        free(s);
      }
    }
  }
}

TEST(every_kernel_stays_within_its_bound_of_the_scalar_one) {
  EACH_KERNELS(kernels) CHECK_WITHIN(kernels, mix_excess(kernels, 60));
}

TEST(grouping_spans_changes_no_bit) {
  EACH_KERNELS(kernels) {
    for (int round = 0; round < 10; round++) {
      spans_scene *s = make_scene(MOST_SPANS);
      float whole[2][N] = {{0}}, parts[2][N] = {{0}};
      kernels->mix_spans(whole[0], whole[1], s->span, MOST_SPANS);
      for (size_t at = 0, step = 1; at < MOST_SPANS; at += step, step = 1 + step * 2 % 7)
        kernels->mix_spans(parts[0], parts[1], s->span + at, step < MOST_SPANS - at ? step : MOST_SPANS - at);
      CHECK(memcmp(whole, parts, sizeof whole) == 0);
      free(s);
    }
  }
}

TEST(plain_spans_get_the_same_bits_from_the_shorter_way) {
  EACH_KERNELS(kernels) {
    spans_scene *s = make_scene(MOST_SPANS);
    for (size_t n = 0; n < MOST_SPANS; n++) random_span(s, &s->span[n], 0);
    float any[2][N] = {{0}}, plain[2][N] = {{0}};
    kernels->mix_spans(any[0], any[1], s->span, MOST_SPANS);
    kernels->mix_plain(plain[0], plain[1], s->span, MOST_SPANS);
    CHECK(memcmp(any, plain, sizeof any) == 0);
    free(s);
  }
}

TEST(sounds_of_16_bits_mix_to_what_their_floats_do) {
  EACH_KERNELS(kernels) {
    spans_scene *s = make_scene(40), *wide = make_scene(40);
    kernels->widen(wide->sound, s->sound16, SOUND);
    for (uint32_t n = 0; n < 40; n++) {
      peri__span *span = &s->span[n];
      random_span(s, span, 1 | (n & 6));
      wide->span[n] = *span;
      wide->span[n].s16 = 0;
      wide->span[n].in = wide->sound + ((const int16_t *)span->in - s->sound16);
      for (int side = 0; side < 2; side++) wide->span[n].gain[side] *= 32768, wide->span[n].slope[side] *= 32768;
    }
    float a[2][N] = {{0}}, b[2][N] = {{0}};
    kernels->mix_spans(a[0], a[1], s->span, 40);
    kernels->mix_spans(b[0], b[1], wide->span, 40);
    CHECK(memcmp(a, b, sizeof a) == 0); /* powers of 2 round nothing */
    free(s);
    free(wide);
  }
}

TEST(every_kernel_widens_exactly) { EACH_KERNELS(kernels) CHECK(widens_exactly(kernels)); }

TEST(every_kernel_reads_between_samples_as_the_scalar_one_does) {
  EACH_KERNELS(kernels) {
    CHECK_WITHIN(kernels, reader_excess(kernels->linear, peri__kernels_scalar.linear, 0, 1));
    CHECK_WITHIN(kernels, reader_excess(kernels->cubic, peri__kernels_scalar.cubic, 1, 2));
  }
}

TEST(linear_is_exact_on_lines_and_cubic_on_parabolas) {
  float line[64], parabola[64], out[N];
  for (int i = 0; i < 64; i++) line[i] = (float)i / 64, parabola[i] = (float)(i * i) / 4096;
  EACH_KERNELS(kernels) {
    int64_t position = (int64_t)5 << 32 | 0x4000, step = 0x5a5a0000;
    kernels->linear(out, line, position, step, N);
    for (int i = 0; i < N; i++) CHECK_NEAR(out[i], ldexp((double)(position + i * step), -38), 2e-7);
    kernels->cubic(out, parabola, position, step, N);
    for (int i = 0; i < N; i++) CHECK_NEAR(out[i], pow(ldexp((double)(position + i * step), -38), 2), 2e-7);
  }
}

TEST(every_kernel_sums_sincs_as_the_scalar_one_does) {
  EACH_KERNELS(kernels) CHECK_WITHIN(kernels, sinc_excess(kernels, 200));
}

TEST(a_filter_has_the_same_bits_in_every_table_and_beside_any_neighbours) {
  EACH_KERNELS(kernels) {
    for (size_t count = 0; count <= MOST_LANES; count++)
      if (!filters_alike(kernels, count, 3)) fail_msg("%s, %zu lanes", kernels->name, count);
  }
}

TEST(a_steady_biquad_has_the_same_bits_in_every_table) {
  EACH_KERNELS(kernels) {
    if (!recursions_alike(kernels, 300)) fail_msg("%s", kernels->name);
  }
}

TEST(every_kernel_scales_exactly_and_sees_each_number_that_is_none) {
  EACH_KERNELS(kernels) {
    if (!scales_exactly(kernels)) fail_msg("%s scales", kernels->name);
    if (!finds_the_nonfinite(kernels)) fail_msg("%s sees", kernels->name);
  }
}

TEST(one_sample_that_is_no_number_is_found_wherever_it_stands) {
  const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
  for (size_t count = 0; count <= 2 * N + 3; count += count < 5 ? 1 : 17) {
    float samples[2 * N + 5];
    for (size_t i = 0; i < count + 1; i++) samples[i] = i % 2 ? -FLT_MAX : 1e-45f;
    samples[count] = NAN; /* behind the end */
    CHECK(peri__all_finite(samples, count));
    for (size_t i = 0; i < count; i++) {
      float kept = samples[i];
      samples[i] = bad[i % 4];
      CHECK(!peri__all_finite(samples, count));
      samples[i] = kept;
    }
  }
}

TEST(every_kernel_reads_waves_as_the_scalar_one_does_and_sines_as_they_are) {
  EACH_KERNELS(kernels) CHECK_WITHIN(kernels, wave_excess(kernels, 300));
}

TEST(every_kernel_draws_lines_and_powers_as_the_formulas_say) {
  EACH_KERNELS(kernels) CHECK_WITHIN(kernels, glide_excess(kernels, 300));
}

TEST(every_kernel_multiplies_spectra_as_the_formula_says) {
  EACH_KERNELS(kernels) CHECK_WITHIN(kernels, multiply_excess(kernels, 50));
}

TEST(every_kernel_convolves_by_its_transform_as_the_definition_says) {
  EACH_KERNELS(kernels)
  for (uint32_t n = 128; n <= 32768; n *= 4) CHECK_WITHIN(kernels, skew_excess(kernels, n));
}

TEST(a_transform_that_convolves_has_the_same_bits_in_steps_and_stays_inside_its_arrays) {
  EACH_KERNELS(kernels)
  for (uint32_t n = 128; n <= 8192; n *= 4) {
    void *memory = aligned_alloc(64, (peri__skew_bytes(n) + 63) / 64 * 64);
    const peri__skew *skew = peri__skew_prepare(memory, n, kernels);
    float *in[2], *whole[2], *stepped[2];
    for (int part = 0; part < 2; part++) {
      in[part] = malloc(n * sizeof(float)), whole[part] = malloc(n * sizeof(float));
      stepped[part] = malloc(n * sizeof(float));
      for (uint32_t i = 0; i < n; i++) in[part][i] = random_sample();
    }
    peri__skew_forward(skew, in[0], in[1], whole[0], whole[1]);
    for (uint32_t k = 0; k < peri__skew_steps(skew); k++)
      peri__skew_forward_step(skew, in[0], in[1], stepped[0], stepped[1], k);
    for (int part = 0; part < 2; part++) CHECK(memcmp(whole[part], stepped[part], n * sizeof(float)) == 0);
    peri__skew_inverse(skew, whole[0], whole[1]);
    for (uint32_t k = 0; k < peri__skew_steps(skew); k++) peri__skew_inverse_step(skew, stepped[0], stepped[1], k);
    for (int part = 0; part < 2; part++) {
      CHECK(memcmp(whole[part], stepped[part], n * sizeof(float)) == 0);
      for (uint32_t i = 0; i < n; i++) CHECK_NEAR(whole[part][i] / (float)n, in[part][i], 1e-6);
      free(in[part]), free(whole[part]), free(stepped[part]);
    }
    free(memory);
  }
}
