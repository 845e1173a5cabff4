"""Worn sensors over Bluetooth: found, connected, listened to, connected again."""
