#include <stdio.h>
#include <string.h>

#include "host.h"

static int columns_of(const char *text) {
  int columns = 0;
  for (; *text; text++) columns += ((unsigned char)*text & 0xC0) != 0x80; /* bytes that begin a UTF-8 character */
  return columns;
}

static void print_padded(const char *text, int columns) { printf("%s%*s", text, columns - columns_of(text), ""); }

/* Where the file says that it loops. */
static void print_loop(const peri_file_info *info) {
  double start = (double)info->loop_start / info->sample_rate, end = (double)info->loop_end / info->sample_rate;
  char text[64] = "-";
  if (info->loop_end > 0) snprintf(text, sizeof text, "%.3f to %.3f", start, end);
  printf("  %18s\n", text);
}

static void print_file(const char *path, int columns, const peri_file_info *info) {
  unsigned long long decoded = (unsigned long long)info->frames * info->channels * sizeof(float);
  print_padded(path, columns);
  printf("  %-10s  %8u  %9.0f  %10llu  %12.3f  %10llu  %10llu", info->format, info->channels, info->sample_rate,
         (unsigned long long)info->frames, (double)info->frames / info->sample_rate, (unsigned long long)info->bytes,
         decoded);
  print_loop(info);
}

static void print_heads(int columns) {
  print_padded("file", columns);
  printf("  %-10s  %8s  %9s  %10s  %12s  %10s  %10s  %18s\n", "format", "channels", "rate (Hz)", "frames",
         "duration (s)", "file bytes", "decoded", "loop (s)");
}

int command_info(host *host) {
  const host_options *options = &host->options;
  int result = HOST_FINE, columns = 4;
  bool headed = false;
  for (int i = 0; i < options->rest_count; i++) {
    int wide = columns_of(options->rest[i]);
    if (wide > columns) columns = wide;
  }
  for (int i = 0; i < options->rest_count; i++) {
    peri_file_info info;
    if (!peri_file_inspect(options->rest[i], &info)) {
      fflush(stdout);
      live_line_say(&host->line, "%s", peri_error());
      result = HOST_FAILED;
      continue;
    }
    if (!headed) print_heads(columns);
    headed = true;
    print_file(options->rest[i], columns, &info);
  }
  return result;
}
