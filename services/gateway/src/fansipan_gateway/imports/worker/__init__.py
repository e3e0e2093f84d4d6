"""The process that reads one file: `python -m fansipan_gateway.imports.worker`.

A process of its own, because reading keeps a processor busy and may need much memory: whatever a file does to it, the
gateway answers on. It gets its job as one line on standard input, tells what happens in lines of JSON on standard
output, and ends when its input does: a gateway that dies leaves none behind.
"""
