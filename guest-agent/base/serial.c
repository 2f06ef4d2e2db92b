#include "guest-agent/base/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>

#include "common/contract.h"
#include "common/util.h"

int serial_open(void)
{
    static const char *const lines[] = {
        "/dev/" LINE_8250,
        "/dev/" LINE_PL011,
        "/dev/" LINE_VIRTIO,
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct termios settings;
        AUTO_CLOSE int fd = open(lines[i], O_RDWR | O_NOCTTY | O_CLOEXEC);
        /* A driver may have lines without hardware behind them: they open, and that is all. */
        if (fd >= 0 && tcgetattr(fd, &settings) == 0)
            return take_fd(&fd);
        if (errno != ENOENT && errno != ENXIO && errno != ENODEV && errno != EIO)
            return -1;
    }
    errno = ENODEV;
    return -1;
}

int serial_make_raw(int fd)
{
    struct termios settings;
    if (tcgetattr(fd, &settings) < 0)
        return -1;
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    settings.c_cflag |= CLOCAL | CREAD;
    return tcsetattr(fd, TCSANOW, &settings);
}
