/*
 * The prose of the manual page vmc(1) that does not come from the option table, as scdoc(5)
 * source.
 */
#ifndef VMC_HOST_COMMAND_MANUAL_TEXT_H
#define VMC_HOST_COMMAND_MANUAL_TEXT_H

extern const char manual_before_options[]; /* DESCRIPTION */
extern const char manual_after_options[];  /* EXIT STATUS and all that follows it */

#endif
