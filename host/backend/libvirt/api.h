/*
 * libvirt and libxml2, loaded when a run needs them: if linked, every run would load some 60
 * libraries.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_API_H
#define VMC_HOST_BACKEND_LIBVIRT_API_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/xmlwriter.h>

#include "common/error.h"

#define LIBVIRT_FUNCTIONS(X)                                                                       \
    X(virInitialize)                                                                               \
    X(virSetErrorFunc)                                                                             \
    X(virGetLastErrorMessage)                                                                      \
    X(virGetLastErrorCode)                                                                         \
    X(virConnectOpen)                                                                              \
    X(virConnectClose)                                                                             \
    X(virDomainCreateXML)                                                                          \
    X(virDomainDestroy)                                                                            \
    X(virDomainFree)

#define LIBXML_FUNCTIONS(X)                                                                        \
    X(xmlCheckUTF8)                                                                                \
    X(xmlBufferCreate)                                                                             \
    X(xmlBufferContent)                                                                            \
    X(xmlBufferFree)                                                                               \
    X(xmlNewTextWriterMemory)                                                                      \
    X(xmlFreeTextWriter)                                                                           \
    X(xmlTextWriterSetIndent)                                                                      \
    X(xmlTextWriterStartElement)                                                                   \
    X(xmlTextWriterWriteAttribute)                                                                 \
    X(xmlTextWriterWriteString)                                                                    \
    X(xmlTextWriterEndElement)

#define API_MEMBER(name) __typeof__(name) *(name);
struct libvirt_api {
    LIBVIRT_FUNCTIONS(API_MEMBER)
};
struct libxml_api {
    LIBXML_FUNCTIONS(API_MEMBER)
};
#undef API_MEMBER

/* They stay loaded. An error says what to install. */
int libvirt_api_load(struct libvirt_api *ret, struct error *err);
int libxml_api_load(struct libxml_api *ret, struct error *err);

#endif
