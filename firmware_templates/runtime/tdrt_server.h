/* Answers the host's requests, one after the other, for ever. */
#ifndef TDRT_SERVER_H
#define TDRT_SERVER_H

_Noreturn void tdrt_serve(void);

#endif
