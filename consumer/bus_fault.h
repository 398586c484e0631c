/* bus_fault: SIGBUS as a count. A page of a mapped index that is no more, because the file was cut under its mapping or
 * the disk does not give it back, then reads as zeros instead of ending the process.
 *
 * Look-ups are safe with any bytes, so all that is needed is that nobody believes what they found: who uses an index
 * asks before and behind, and takes nothing for granted where the count has moved. */
#ifndef FIXWARDEN_CONSUMER_BUS_FAULT_H
#define FIXWARDEN_CONSUMER_BUS_FAULT_H

/* From here on. Once, before threads are started. Faults elsewhere than in files that are mapped shared and read-only
 * end the process as ever. */
void bus_fault_catch(void);

/* How many there were; any thread. */
unsigned bus_fault_count(void);

#endif
