/*
 * UDP ports published on the loopback, through passt. passt of Debian 12 gives datagrams from the
 * loopback the gateway's address as their source, and sends the answers to whoever has that address
 * outside, unless the guest may reach the whole loopback through the gateway. So the published port
 * is a forwarder's, which passes datagrams on to a port of passt's, on the loopback too, from
 * another address of this host: such datagrams are answered.
 */
#ifndef VMC_HOST_PASST_RELAY_H
#define VMC_HOST_PASST_RELAY_H

#include "host/network.h"

/*
 * Fills network->inner with the ports that passt has to serve, and starts the forwarder if one is
 * needed. Fails when this host has no address but loopback ones to send from.
 */
int passt_relay_start(struct network *network, struct error *err);

#endif
