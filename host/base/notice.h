/*
 * One line to whoever started this: what a run does that is not an error and not its output, as a
 * port that was chosen. The only printer besides main() and the verbs.
 */
#ifndef VMC_HOST_BASE_NOTICE_H
#define VMC_HOST_BASE_NOTICE_H

/* "vmc: " in front, a newline behind. */
void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
