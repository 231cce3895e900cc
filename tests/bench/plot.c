#include "bench/bench.h"
void bench_plot_point(const char *line, uint32_t voices, double nanoseconds) { (void)line,(void)voices,(void)nanoseconds; }
void bench_plot_save(const char *path) { (void)path; }
