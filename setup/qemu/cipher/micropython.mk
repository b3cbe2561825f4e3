# The cipher and the hash of mbedTLS, as boards have them in cryptolib and hashlib. setup/qemu.sh puts the source beside.
SRC_USERMOD_LIB_C += $(addprefix $(USERMOD_DIR)/mbedtls/library/, aes.c platform_util.c sha256.c)
CFLAGS_USERMOD += -I$(USERMOD_DIR) -I$(USERMOD_DIR)/mbedtls/include -DMBEDTLS_CONFIG_FILE='<cipher.h>'
