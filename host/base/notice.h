/*
 * One line to the user about a run, neither an error nor its output: for example the port that was
 * chosen. Only main(), the verbs and this print.
 */
#ifndef VMC_HOST_BASE_NOTICE_H
#define VMC_HOST_BASE_NOTICE_H

/* "vmc: " in front, a newline behind. */
void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
