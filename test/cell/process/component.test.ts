// The same promises, kept by cells in a process of their own.

import '../../help/in-process.ts'
import '../component.test.ts'
