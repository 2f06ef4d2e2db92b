#ifndef VMC_PROBE_ADDRESSES_H
#define VMC_PROBE_ADDRESSES_H

/*
 * Prints each readable page at the top of the address space that is not one of its mappings.
 */
int read_addresses(void);

#endif
