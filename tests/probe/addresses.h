#ifndef VMC_PROBE_ADDRESSES_H
#define VMC_PROBE_ADDRESSES_H

/* Prints each page at the top of the address space that can be read and is no mapping of its own.
 */
int read_addresses(void);

#endif
