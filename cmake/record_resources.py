"""Runs a compiler and keeps what ptxas says of registers and spills beside the object, as
OBJECT.resources, instead of letting it scroll by."""

import subprocess
import sys
import time

command = sys.argv[1:]
start = time.monotonic()
done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
said = done.stderr.splitlines(keepends=True)
resources = [line for line in said if line.startswith(("ptxas info", "    "))]
sys.stderr.writelines(line for line in said if line not in resources)
if "-o" in command and done.returncode == 0 and resources:
    with open(command[command.index("-o") + 1] + ".resources", "w", encoding="utf-8") as out:
        out.writelines(resources)
        out.write(f"seconds: {time.monotonic() - start:.1f}\n")
sys.exit(done.returncode)
