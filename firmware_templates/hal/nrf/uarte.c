/* UARTE0 of an nRF5340's application core, which a reset leaves in the secure state; the crystal
 * gives its clock, and the core runs at 128 MHz. nRF5340 product specification: CLOCK (HFCLKCTRL),
 * CACHE, UARTE, GPIO, FICR (TRIMCNF), CTRL-AP (access port protection).
 *
 * A transfer takes one byte. Between the end of one and the start of the next, the receiver keeps
 * up to five bytes. */
#include "tdrt_hal.h"
#include "tdrt_wait.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define FICR_TRIMCNF(index) REGISTER(0x00FF0300u + 4u * (index))
#define UICR_APPROTECT REGISTER(0x00FF8000u)
#define CACHE_ENABLE REGISTER(0x50001500u)
#define CLOCK_HFCLKSTART REGISTER(0x50005000u)
#define CLOCK_HFCLKSTARTED REGISTER(0x50005100u)
#define CLOCK_HFCLKCTRL REGISTER(0x50005558u)
#define CTRLAP_APPROTECT_DISABLE REGISTER(0x50006544u)
#define UARTE_STARTRX REGISTER(0x50008000u)
#define UARTE_STARTTX REGISTER(0x50008008u)
#define UARTE_ENDRX REGISTER(0x50008110u)
#define UARTE_ENDTX REGISTER(0x50008120u)
#define UARTE_ENABLE REGISTER(0x50008500u)
#define UARTE_PSELTXD REGISTER(0x5000850Cu)
#define UARTE_PSELRXD REGISTER(0x50008514u)
#define UARTE_BAUDRATE REGISTER(0x50008524u)
#define UARTE_RXDPTR REGISTER(0x50008534u)
#define UARTE_RXDMAXCNT REGISTER(0x50008538u)
#define UARTE_TXDPTR REGISTER(0x50008544u)
#define UARTE_TXDMAXCNT REGISTER(0x50008548u)
#define P0_OUTSET REGISTER(0x50842508u)
#define P0_DIRSET REGISTER(0x50842518u)
#define TRIMS 32u
#define NO_TRIM 0xFFFFFFFFu
#define ENABLE_UARTE 8u
#define BAUD_115200 0x01D60000u

_Static_assert(TDRT_BAUD == 115200, "BAUDRATE has a fixed value for each rate: this is another's");

static volatile uint8_t received;
static volatile uint8_t sent;

/* What the factory found out about this very device: pairs of an address and what belongs there. */
static void trim_device(void) {
  for (uint32_t trim = 0; trim < TRIMS && FICR_TRIMCNF(2u * trim) != NO_TRIM; ++trim) {
    REGISTER(FICR_TRIMCNF(2u * trim)) = FICR_TRIMCNF(2u * trim + 1u);
  }
}

/* A transfer sees what was written before it starts, and what it wrote is there when it has ended.
 */
static void synchronize(void) { __asm volatile("dmb" ::: "memory"); }

void tdrt_uart_init(void) {
  trim_device();
  /* The debug port stays as open as UICR says: it is closed until the firmware confirms that. */
  CTRLAP_APPROTECT_DISABLE = UICR_APPROTECT;
  CLOCK_HFCLKSTART = 1;
  const bool has_crystal = tdrt_wait_for(&CLOCK_HFCLKSTARTED, 1u, 1u);
  CLOCK_HFCLKCTRL = 0; /* undivided; after a reset the core gets half */
  CACHE_ENABLE = 1;
  P0_OUTSET = 1u << TDRT_SEND_PIN; /* the line idles high before the UARTE drives it */
  P0_DIRSET = 1u << TDRT_SEND_PIN;
  UARTE_PSELTXD = TDRT_SEND_PIN;
  UARTE_PSELRXD = TDRT_RECEIVE_PIN;
  UARTE_BAUDRATE = BAUD_115200;
  UARTE_RXDPTR = (uintptr_t)&received;
  UARTE_RXDMAXCNT = sizeof received;
  UARTE_TXDPTR = (uintptr_t)&sent;
  UARTE_TXDMAXCNT = sizeof sent;
  UARTE_ENABLE = ENABLE_UARTE;
  UARTE_ENDRX = 0;
  UARTE_STARTRX = 1;
  if (!has_crystal) {
    tdrt_fault("clock that does not start", 0, (uintptr_t)&CLOCK_HFCLKSTARTED);
  }
}

uint8_t tdrt_uart_get(void) {
  while (UARTE_ENDRX == 0) {
  }
  synchronize();
  const uint8_t byte = received;
  UARTE_ENDRX = 0;
  UARTE_STARTRX = 1;
  return byte;
}

void tdrt_uart_put(uint8_t byte) {
  sent = byte;
  UARTE_ENDTX = 0;
  synchronize();
  UARTE_STARTTX = 1;
  while (UARTE_ENDTX == 0) {
  }
}
