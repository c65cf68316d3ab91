"""JSON whose brackets are a million deep."""

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "whole notebook"


def mangle(notebook):
    return b'{"nbformat": 4, "cells": ' + b"[" * 10**6 + b"]" * 10**6 + b"}"
