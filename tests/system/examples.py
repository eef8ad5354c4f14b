# SPDX-License-Identifier: Apache-2.0
"""The configurations of etc/examples as they are, but for where they keep files and are asked."""

import os
import re

from ringfence import ROOT, Ringfence, shared_out


class Example(Ringfence):
    """`changes`: pairs of what stands in the file and what shall stand there instead."""

    def __init__(self, cast, name, changes=()):
        super().__init__(cast)
        with open(os.path.join(ROOT, "etc", "examples", name + ".conf"), encoding="utf-8") as file:
            text = file.read()
        for old, new in changes:
            if old not in text:
                raise ValueError(f"{name}.conf has no {old!r}")
            text = text.replace(old, new)
        text = re.sub(r"^(store|web) \{.*?^\}\n", "", text, flags=re.M | re.S)
        text += f"store {{ sqlite {cast.folder}/ringfence.db }}\nweb {{ socket {self.socket_path} }}\n"
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(shared_out(text))
