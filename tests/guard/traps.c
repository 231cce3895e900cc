/* System calls inside a callback, whoever makes them: Linux lets a thread trap its own, by a byte that it sets (syscall
 * user dispatch, 5.11). The first of each callback is seen; a trapped call is made again when the trap is off. */
#include "guard.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __x86_64__

#define DISPATCH 59 /* PR_SET_SYSCALL_USER_DISPATCH, as older headers lack it */
#define DISPATCH_ON 1
#define DISPATCH_OFF 0
#define SYSCALL_BYTES 2
#define REASON_DISPATCH 2 /* SYS_USER_DISPATCH */

static THREAD_LOCAL volatile char trapping;
static THREAD_LOCAL signed char state; /* 0: not asked for yet, 1: the kernel looks at `trapping`, -1: it cannot */
static atomic_bool possible;

static void trapped(int signal, siginfo_t *info, void *user) {
  ucontext_t *context = user;
  greg_t *instruction = &context->uc_mcontext.gregs[REG_RIP];
  (void)signal;
  trapping = 0;
  if (info->si_code != REASON_DISPATCH) return;
  *instruction -= SYSCALL_BYTES;
  if (info->si_syscall == SYS_rt_sigreturn) return;  /* a signal was handled meanwhile */
  if (info->si_syscall == SYS_clock_gettime) return; /* no call at all where the clock can be read in user space */
  char name[32];
  snprintf(name, sizeof name, "system call %d", info->si_syscall);
  guard_note(name, info->si_call_addr);
}

__attribute__((constructor)) static void try_traps(void) {
  struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER};
  if (sigaction(SIGSYS, &action, NULL) != 0) return;
  if (prctl(DISPATCH, DISPATCH_ON, 0, 0, &trapping) != 0) return;
  prctl(DISPATCH, DISPATCH_OFF, 0, 0, 0);
  atomic_store(&possible, true);
}

bool guard_can_trap(void) { return atomic_load(&possible); }

void guard_trap_system_calls(bool trap) {
  if (!trap) {
    trapping = 0;
    return;
  }
  if (state == 0) state = atomic_load(&possible) && prctl(DISPATCH, DISPATCH_ON, 0, 0, &trapping) == 0 ? 1 : -1;
  trapping = state > 0;
}

#else

bool guard_can_trap(void) { return false; }

void guard_trap_system_calls(bool trap) { (void)trap; }

#endif
