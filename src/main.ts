#!/usr/bin/env node
import './base/polyfill.ts'
import { runAsProcess } from './cli/index.ts'

runAsProcess()
